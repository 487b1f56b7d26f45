#pragma once
#include "mpc/gait_schedule.hpp"
#include "mpc/swing_trajectory.hpp"

namespace surefoot::mpc {

/// Motion of one contact that the whole-body controller tracks: resting where it was last in
/// stance, swinging to its planned foothold, or seeking the ground below where that should have
/// been. Re-aiming keeps it smooth.
class SUREFOOT_API FootMotion {
 public:
  void reset(const Vector3d& position);
  /// In stance: follows the measured contact and readies the coming swing to `target`, whose
  /// apex is `clearance` above the higher end.
  void prepare(const SwingInterval& swing, const Vector3d& position, const Vector3d& target,
               double clearance);
  /// Aims the motion at `target`; ignored closer to touch-down than `margin`.
  void aim(double time, const Vector3d& target, double margin);
  /// From `position` straight down until `end`, at most this fast; `ramp` s to get there.
  void seek(double time, double end, const Vector3d& position, double speed, double ramp);
  void extend(double end) { interval_.end = end; }
  bool seeking() const { return seeking_; }
  bool swinging(double time) const { return time >= interval_.start && time < interval_.end; }
  const SwingInterval& interval() const { return interval_; }
  const Vector3d& rest() const { return rest_; }
  const Vector3d& target() const { return target_; }
  void at(double time, Vector3d& position, Vector3d& velocity, Vector3d& acceleration) const;
  double height(double time) const;

 private:
  SwingInterval interval_;
  SwingHeight bump_;  ///< on top of the motion from lift-off to touch-down
  QuinticReach reach_[3];
  bool seeking_ = false;
  double seek_speed_ = 0.0, seek_ramp_ = 1.0;
  Vector3d rest_ = Vector3d::Zero(), target_ = Vector3d::Zero();
};

}  // namespace surefoot::mpc
