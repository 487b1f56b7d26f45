#pragma once
#include <Eigen/Core>

#include "surefoot/wbc/tick.hpp"

namespace surefoot {

/// Where a standing robot's base is wanted, off its standing pose: m and rad, heading frame.
struct PostureCommand {
  double forward = 0.0, sway = 0.0, height = 0.0, roll = 0.0, pitch = 0.0, yaw = 0.0;
};

/// Follows a posture command smoothly, as a critically damped mass would, with bounded speed.
class SUREFOOT_API PostureOffset {
 public:
  using Vector6 = Eigen::Matrix<double, 6, 1>;
  /// Bandwidth rad/s; speeds m/s and rad/s.
  PostureOffset(double bandwidth, double linear_speed, double angular_speed);

  void limit(double bandwidth, double linear_speed, double angular_speed);
  void reset();
  void step(const PostureCommand& command, double dt);
  bool active() const { return active_; }
  /// Moves the reference of the base by the offset.
  void apply(Reference& reference) const;

 private:
  double bandwidth_;
  Vector6 speed_, position_, velocity_, acceleration_;
  bool active_ = false;
};

}  // namespace surefoot
