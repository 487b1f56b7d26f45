#include "surefoot/control/controller.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "control/controller_impl.hpp"
#include "surefoot/allocation_counter.hpp"

namespace surefoot {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

bool walks(const NmpcOptions& options) {
  return std::any_of(options.gaits.begin(), options.gaits.end(),
                     [](const NmpcGait& gait) { return gait.duty < 1.0; });
}

const ControlOptions& checked(const RobotDescription& description, const ControlOptions& options) {
  const auto require = [](bool good, const char* what) {
    if (!good) throw std::invalid_argument(what);
  };
  require(
      options.q_nominal.size() == description.nq() && options.q_lying.size() == description.nq(),
      "control: q_nominal and q_lying must be (nq,)");
  require(options.fold_speed > 0.0 && options.fold_beyond >= 0.0,
          "control: fold_speed must be positive, fold_beyond not negative");
  require(options.righting.motions.empty() || options.righting.parting.size() == description.nj(),
          "control: the parting posture of righting must be (nj,)");
  for (const RightingMotion& motion : options.righting.motions) {
    require(!motion.down.empty() && !motion.postures.empty(),
            "control: a motion of righting needs a side that is down, and postures");
    for (const RightingPosture& posture : motion.postures)
      require(posture.joints.size() == description.nj() && posture.duration > 0.0,
              "control: righting needs postures of (nj,) and positive durations");
  }
  require(options.tuning_span >= 1.0, "control: tuning_span must be at least 1");
  require(options.fold_time > 0.0 && options.rise_time > 0.0 && options.sit_time > 0.0,
          "control: the motions' durations must be positive");
  require(standing_gait(options.nmpc) >= 0, "control: one gait must keep every contact down");
  require(options.nmpc_rate > 0.0, "control: the NMPC's rate must be positive");
  return options;
}

std::unique_ptr<Walker> make_walker(const RobotDescription& description,
                                    const ControlOptions& options) {
  if (!walks(options.nmpc)) return nullptr;
  const ThreadOptions thread{options.nmpc_rate, options.thread_priority, options.thread_cpu};
  auto planner = options.nmpc_thread
                     ? make_threaded_planner(description, options.nmpc, thread)
                     : make_synchronous_planner(description, options.nmpc, options.nmpc_rate,
                                                options.nmpc_latency);
  return std::make_unique<Walker>(description, options, std::move(planner));
}

/// Height of the base when the lowest contact touches the ground.
double height_over_contacts(const RobotDescription& description, const Eigen::VectorXd& q) {
  RigidBody body(description);
  body.update(q, Eigen::VectorXd::Zero(description.nv()));
  double lowest = q[2];
  for (int i = 0; i < description.nc(); ++i)
    lowest = std::min(lowest, body.frame_position(i).z() -
                                  description.contacts[static_cast<std::size_t>(i)].radius);
  return q[2] - lowest;
}

/// Copies what was measured; a field of the wrong size counts as not measured.
void copy_measured(const Eigen::VectorXd& from, Eigen::VectorXd& to) {
  if (from.size() == to.size())
    to = from;
  else
    to.setConstant(NAN);
}

}  // namespace

Controller::Impl::Impl(const RobotDescription& robot, const ControlOptions& o,
                       std::shared_ptr<StateEstimator> estimator,
                       std::shared_ptr<WholeBodyController> wbc)
    : description(robot),
      options(checked(robot, o)),
      estimator(std::move(estimator)),
      wbc(std::move(wbc)),
      parameters(options.tuning_span),
      walker(make_walker(description, options)),
      machine({options.settle_time, options.stand_up_tilt_limit, options.stand_up_speed,
               options.righting.attempts}),
      safety(options.safety),
      contact_switch(description.nc(), options.contacts),
      posture(options.posture_bandwidth, options.posture_speed, options.posture_turn_speed),
      joint_commands(description, options),
      fold(description.nj()),
      motion(description, options.q_nominal),
      lying_height(height_over_contacts(description, options.q_lying)),
      gait(standing_gait(options.nmpc)),
      last_torque(Eigen::VectorXd::Zero(description.nj())),
      joint_speed(last_torque),
      q(options.q_nominal),
      v(Eigen::VectorXd::Zero(description.nv())),
      predictor(description.nv(), options.actuation_delay),
      acting_q(q),
      acting_v(v),
      reference(description.nj(), description.nc()),
      contacts(WholeBodyController::Contacts::Constant(description.nc(), true)),
      carrying(contacts),
      hold(Eigen::VectorXd::Zero(description.nj())),
      still(hold),
      joint_command(description.nj()) {
  if (!this->estimator || !this->wbc)
    throw std::invalid_argument("control: an estimator and a whole-body controller are needed");
  for (auto* field : {&sample.joint_position, &sample.joint_velocity, &sample.joint_torque})
    field->setConstant(description.nj(), NAN);
  for (auto* field : {&sample.foot_force, &sample.planned_contact})
    field->setConstant(description.nc(), NAN);
  list_parameters();
  list_tasks();
}

void Controller::Impl::take_in(const SensorSample& sensors) {
  sample.time = sensors.time;
  sample.gyro = sensors.gyro;
  sample.accelerometer = sensors.accelerometer;
  sample.orientation = sensors.orientation;
  copy_measured(sensors.joint_position, sample.joint_position);
  copy_measured(sensors.joint_velocity, sample.joint_velocity);
  copy_measured(sensors.joint_torque, sample.joint_torque);
  copy_measured(sensors.foot_force, sample.foot_force);
  const Phase phase = machine.phase();
  const bool planned = has_reference && phase != Phase::kPassive && phase != Phase::kDamping &&
                       phase != Phase::kRighting && phase != Phase::kFault;
  // Limp legs of a robot on its side or back touch the ground as they sink, and hold nothing.
  const bool limp = phase == Phase::kPassive || phase == Phase::kDamping || phase == Phase::kFault;
  estimator->lies_on_body(
      phase == Phase::kRighting ? !measured : limp && facts.tilt > options.stand_up_tilt_limit);
  for (Eigen::Index i = 0; i < contacts.size(); ++i)
    sample.planned_contact[i] = planned ? (contacts[i] ? 1.0 : 0.0) : NAN;
  // Where the robot measures no torque, the one it was told is the best guess.
  if (sensors.joint_torque.size() == 0 && has_torque) sample.joint_torque = last_torque;
}

bool Controller::Impl::estimate() {
  if (!std::isnan(start_time)) {
    estimator->update(sample);
    return true;
  }
  if (estimator->start(sample, NAN, 0.0, 0.0, 0.0) != nullptr) return false;
  start_time = sample.time;
  return true;
}

void Controller::Impl::gather_facts(const TrueState* truth) {
  q = truth != nullptr ? truth->q : estimator->q();
  v = truth != nullptr ? truth->v : estimator->v();
  facts.time = time;
  facts.estimate_ready = truth != nullptr || estimator->status() != EstimatorStatus::kInitializing;
  facts.settled = time - start_time;
  const double up = 1.0 - 2.0 * (q[3] * q[3] + q[4] * q[4]);  // z component of the base's z axis
  facts.tilt = std::acos(std::clamp(up, -1.0, 1.0));
  facts.speed = std::max(v.head<3>().norm(), v.segment<3>(3).norm());
  facts.rightings_left = options.righting.attempts - attempts;
  facts.can_plan = walker != nullptr && time >= plan_again;
}

void Controller::Impl::predict() {
  acting_time = time + options.actuation_delay;
  acting_q = q;
  acting_v = v;
  predictor.predict(time, acting_q, acting_v);
}

void Controller::Impl::step(const SensorSample& sensors, const TrueState* truth) {
  const auto begin = Clock::now();  // wall clock: the one of CPU time is a system call of 1 us
  const long allocated = allocation_count();
  time = sensors.time;
  take_in(sensors);
  if (!estimate()) {
    for (Eigen::Index j = 0; j < q.size() - 7; ++j)
      q[7 + j] = std::isfinite(sample.joint_position[j]) ? sample.joint_position[j] : 0.0;
    rest();
    joint_commands.clip(joint_command);
  } else {
    gather_facts(truth);
    timings.estimation_us = microseconds_since(begin);
    watch();
    predict();
    tracked = false;
    run_phase();
    if (tracked)
      predictor.command(time, wbc->result().acceleration);
    else
      predictor.forget();
    check_command();
    last_torque = joint_command.torque;
    has_torque = true;
  }
  last_time = time;
  timings.step_us = microseconds_since(begin);
  timings.allocations = allocation_count() - allocated;
}

Controller::Controller(const RobotDescription& description, const ControlOptions& options,
                       std::shared_ptr<StateEstimator> estimator,
                       std::shared_ptr<WholeBodyController> wbc)
    : impl_(new Impl(description, options, std::move(estimator), std::move(wbc))) {}
Controller::~Controller() = default;

void Controller::set_command(const VelocityCommand& command) { impl_->command = command; }

void Controller::set_posture(const PostureCommand& command) { impl_->posture_command = command; }

void Controller::set_gait(int gait) {
  if (gait < 0 || gait >= static_cast<int>(impl_->options.nmpc.gaits.size()))
    throw std::out_of_range("control: no gait of that index");
  impl_->gait = gait;
}

void Controller::stand() {
  if (!impl_->wants_to_stand) impl_->attempts = 0;
  impl_->wants_to_stand = true;
  impl_->wants_to_damp = false;
}

void Controller::sit() {
  impl_->wants_to_stand = false;
  impl_->command = {};
  impl_->gait = standing_gait(impl_->options.nmpc);
}

void Controller::damp() {
  impl_->wants_to_damp = true;
  impl_->wants_to_stand = false;
}

bool Controller::wants_to_stand() const { return impl_->wants_to_stand; }

bool Controller::wants_to_damp() const { return impl_->wants_to_damp; }

const JointCommand& Controller::step(const SensorSample& sensors, const TrueState* truth) {
  impl_->step(sensors, truth);
  return impl_->joint_command;
}

const RobotDescription& Controller::description() const { return impl_->description; }
const PhaseMachine& Controller::machine() const { return impl_->machine; }
bool Controller::estimating() const { return !std::isnan(impl_->start_time); }
const Eigen::VectorXd& Controller::q() const { return impl_->q; }
const Eigen::VectorXd& Controller::v() const { return impl_->v; }
double Controller::acting_time() const { return impl_->acting_time; }
const Reference* Controller::reference() const {
  return impl_->has_reference ? &impl_->reference : nullptr;
}
const WholeBodyController::Contacts& Controller::planned_contacts() const {
  return impl_->contacts;
}
const Safety& Controller::safety() const { return impl_->safety; }
long Controller::early_contacts() const { return impl_->contact_switch.early(); }
long Controller::late_contacts() const { return impl_->contact_switch.late(); }
const SensorSample& Controller::seen() const { return impl_->sample; }
Planner* Controller::planner() { return impl_->walker ? &impl_->walker->planner() : nullptr; }
const Planner* Controller::planner() const {
  return impl_->walker ? &impl_->walker->planner() : nullptr;
}
const ControlTimings& Controller::timings() const { return impl_->timings; }
long Controller::wbc_failures() const { return impl_->wbc_failures; }

}  // namespace surefoot
