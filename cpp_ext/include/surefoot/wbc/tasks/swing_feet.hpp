#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Every contact that carries no force follows its reference: position of a point contact,
/// position and orientation of a surface.
class SUREFOOT_API SwingFeet : public Task {
 public:
  SwingFeet(double kp, double kd, double weight, std::string name = "swing")
      : Task(std::move(name), weight), kp(kp), kd(kd) {}
  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override { return {{"kp", &kp, 1}, {"kd", &kd, 1}}; }

  double kp, kd;  ///< 1/s^2, 1/s

 protected:
  int max_rows(const RobotDescription& description) const override;
};

}  // namespace surefoot
