#pragma once
#include "mpc/gait_schedule.hpp"
#include "mpc/swing_trajectory.hpp"

namespace surefoot::mpc {

/// Motion of one contact that the whole-body controller tracks: resting where it was last in
/// stance, or swinging to its planned foothold. Re-aiming keeps it smooth.
class FootMotion {
 public:
  void reset(const Vector3d& position);
  /// In stance: follows the measured contact and readies the coming swing.
  void prepare(const SwingInterval& swing, const Vector3d& position, double touch_down,
               double clearance);
  /// Aims the horizontal motion at `target`; ignored closer to touch-down than `margin`.
  void aim(double time, const Vector3d& target, double margin);
  bool swinging(double time) const { return time >= height_.start && time < height_.end; }
  const SwingInterval& interval() const { return interval_; }
  const SwingHeight& height() const { return height_; }
  const Vector3d& rest() const { return rest_; }
  const Vector3d& target() const { return target_; }
  void at(double time, Vector3d& position, Vector3d& velocity, Vector3d& acceleration) const;

 private:
  SwingInterval interval_;
  SwingHeight height_;
  QuinticReach reach_[2];
  Vector3d rest_ = Vector3d::Zero(), target_ = Vector3d::Zero();
};

}  // namespace surefoot::mpc
