#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Joint positions and velocities follow their reference: PD, per joint. kp = 0 leaves damping.
class SUREFOOT_API Posture : public Task {
 public:
  Posture(double kp, double kd, double weight, std::string name = "posture")
      : Task(std::move(name), weight), kp(kp), kd(kd) {}
  void update(const Tick& tick) override;

  double kp, kd;                 ///< 1/s^2, 1/s
  Eigen::VectorXd joint_weight;  ///< (nj,) factor on `weight`, empty: one

 protected:
  void check(const RobotDescription& description) const override;
  int max_rows(const RobotDescription& description) const override { return description.nj(); }
};

/// Joint velocities go to zero: ddq = -gain dq.
class SUREFOOT_API JointDamping : public Task {
 public:
  JointDamping(double gain, double weight, std::string name = "damping")
      : Task(std::move(name), weight), gain(gain) {}
  void update(const Tick& tick) override;

  double gain;  ///< 1/s

 protected:
  int max_rows(const RobotDescription& description) const override { return description.nj(); }
};

}  // namespace surefoot
