#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Joint positions and velocities follow the plan's, or rest at positions of the caller's own:
/// PD, per joint. kp = 0 leaves damping.
class SUREFOOT_API Posture : public Task {
 public:
  Posture(double kp, double kd, double weight, std::string name = "posture")
      : Task(std::move(name), weight), kp(kp), kd(kd) {}
  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override { return {{"kp", &kp, 1}, {"kd", &kd, 1}}; }

  double kp, kd;                 ///< 1/s^2, 1/s
  Eigen::VectorXd joint_weight;  ///< (nj,) factor on `weight`, empty: one
  Eigen::VectorXd position;      ///< (nj,) rad, to rest at instead of the plan's; empty: the plan's

 protected:
  void check(const RobotDescription& description) override;
  int max_rows(const RobotDescription& description) const override { return description.nj(); }
};

}  // namespace surefoot
