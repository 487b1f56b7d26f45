#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Accelerations of one joint, constant over a step, after which its limits can still be kept:
/// position and velocity are within them during the step, and braking with `braking` from there
/// ends before the stop (A. Del Prete, "Joint position and velocity bounds in discrete-time
/// acceleration/torque control of robot arms", RA-L 3(1), 2018).
struct SUREFOOT_API ViableAcceleration {
  double position_lower, position_upper, velocity_limit;
  double braking;  ///< rad/s^2, acceleration that is always available
  double step;     ///< s

  /// Lower and upper bound, lower <= upper, within +-braking of zero where the limits are broken
  /// already or cannot be kept.
  Eigen::Vector2d bounds(double position, double velocity) const;

 private:
  /// Upper bound; the lower one is that of the mirrored joint.
  double upper(double distance, double velocity) const;
};

/// Joint positions and velocities stay within their limits: an inequality on joint accelerations.
/// Meant for a stack's limits, as friction and torque are; see `ViableAcceleration`.
class SUREFOOT_API JointLimits : public Task {
 public:
  JointLimits(double braking, double step, double margin, double weight, std::string name)
      : Task(std::move(name), weight), braking(braking), step(step), margin(margin) {
    rows_.kind = TaskRows::Kind::kInequality;
  }
  void update(const Tick& tick) override;

  double braking;  ///< rad/s^2
  double step;     ///< s; a longer one than the tick's brakes earlier and is calmer under noise
  double margin;   ///< rad, of the position limits

 protected:
  int max_rows(const RobotDescription& description) const override { return description.nj(); }
};

}  // namespace surefoot
