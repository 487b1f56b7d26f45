// A robot stands up and walks, all in C++: the controller of Surefoot around a small simulation.
//
//   surefoot robots export go2 go2.txt
//   build/walk go2.txt            the NMPC in the control tick
//   build/walk go2.txt --thread   the NMPC in a thread of its own, in real time
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <surefoot/control/robot_file.hpp>
#include <thread>

#include "plant.hpp"

namespace {

constexpr double kTick = 0.002, kStand = 4.0, kWalk = 8.0, kEnd = 9.5, kSpeed = 0.4;  // s, m/s

int run(const std::string& path, bool thread) {
  surefoot::RobotSetup setup = surefoot::read_robot(path);
  setup.control.nmpc_thread = thread;
  setup.control.hold_at_start = true;  // the plant has feet only: it cannot lie
  const auto controller = surefoot::make_controller(setup);
  int gait = 0;  // the first that walks
  for (std::size_t i = setup.control.nmpc.gaits.size(); i-- > 0;)
    if (setup.control.nmpc.gaits[i].duty < 1.0) gait = static_cast<int>(i);

  Plant plant(setup.description, setup.control.q_nominal);
  surefoot::SensorSample sample;
  long allocations = 0;
  double walked = 0.0;
  surefoot::Phase phase = controller->phase();
  const auto begin = std::chrono::steady_clock::now();
  controller->stand();
  while (plant.time() < kEnd) {
    if (plant.time() >= kStand && plant.time() < kWalk) {
      if (walked == 0.0) {
        walked = -plant.q()[0];
        // Gains and weights may be changed at any time, by their names in the robot file.
        const surefoot::Parameter* weight = controller->parameters().find("nmpc.base_position");
        controller->set_parameter(weight->name, 1.5 * weight->values());
      }
      controller->set_gait(gait);
      controller->set_command({kSpeed, 0.0, 0.0});
    } else {
      controller->set_command({});
    }
    plant.measure(sample);
    const surefoot::JointCommand& command = controller->step(sample);
    allocations += controller->timings().allocations;
    if (controller->phase() != phase) {
      phase = controller->phase();
      const auto& machine = controller->machine();
      std::printf("%.3f s  %s: %s\n", plant.time(), surefoot::name_of(phase),
                  machine.change(machine.count() - 1).text().c_str());
    }
    plant.step(command, kTick);
    if (thread)  // the thread keeps to the wall clock
      std::this_thread::sleep_until(begin + std::chrono::duration<double>(plant.time()));
  }
  walked += plant.q()[0];
  std::printf("walked %.2f m at %.2f m height, %ld allocations in its ticks\n", walked,
              plant.q()[2], allocations);
  const bool upright = plant.q()[2] > 0.8 * setup.control.height;
  return upright && walked > 0.7 * kSpeed * (kWalk - kStand) && allocations == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const bool thread = argc == 3 && std::strcmp(argv[2], "--thread") == 0;
  if (argc != 2 && !thread) {
    std::fprintf(stderr, "usage: walk ROBOT_FILE [--thread]\n");
    return 2;
  }
  try {
    return run(argv[1], thread);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
