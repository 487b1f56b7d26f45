#pragma once
#include <Eigen/Core>

#include "surefoot/export.hpp"

namespace surefoot {

/// Desired base velocity in the heading frame (world turned by the base's yaw).
struct VelocityCommand {
  double vx = 0.0, vy = 0.0;  ///< m/s, forward and leftward
  double yaw_rate = 0.0;      ///< rad/s

  bool operator==(const VelocityCommand& other) const {
    return vx == other.vx && vy == other.vy && yaw_rate == other.yaw_rate;
  }
  bool operator!=(const VelocityCommand& other) const { return !(*this == other); }
};

/// What the motor drivers are told; they apply torque + kp (position - q) + kd (velocity - dq).
struct JointCommand {
  explicit JointCommand(int nj = 0)
      : position(Eigen::VectorXd::Zero(nj)),
        velocity(position),
        kp(position),
        kd(position),
        torque(position) {}

  bool all_finite() const {
    return position.allFinite() && velocity.allFinite() && kp.allFinite() && kd.allFinite() &&
           torque.allFinite();
  }

  Eigen::VectorXd position, velocity, kp, kd,
      torque;  ///< (nj): rad, rad/s, N m/rad, N m s/rad, N m
};

/// Follows a velocity command with bounded acceleration.
class SUREFOOT_API CommandRamp {
 public:
  CommandRamp(double linear_acceleration, double yaw_acceleration)
      : linear_(linear_acceleration), yaw_(yaw_acceleration) {}

  void reset() { current_ = {}; }
  void limit(double linear_acceleration, double yaw_acceleration) {
    linear_ = linear_acceleration;
    yaw_ = yaw_acceleration;
  }
  /// Moves towards `target` for `dt` seconds and returns where it got.
  const VelocityCommand& step(const VelocityCommand& target, double dt);
  const VelocityCommand& current() const { return current_; }

 private:
  double linear_, yaw_;  ///< m/s^2, rad/s^2
  VelocityCommand current_;
};

}  // namespace surefoot
