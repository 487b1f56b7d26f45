#pragma once
#include "mpc/so3.hpp"
#include "surefoot/export.hpp"

namespace surefoot::mpc {

/// Position, velocity and acceleration along one axis.
struct Motion {
  double position = 0.0, velocity = 0.0, acceleration = 0.0;
};

/// Height of a swing foot: smooth rise from lift-off to touch-down height plus the bump
/// 64 s^3 (1 - s)^3; velocity and acceleration vanish at both ends.
struct SUREFOOT_API SwingHeight {
  double start = 0.0, end = 1.0;            ///< times, s
  double lift_off = 0.0, touch_down = 0.0;  ///< heights, m
  double clearance = 0.0;                   ///< of the apex above the higher end, m
  Motion at(double time) const;
};

/// Fifth-order polynomial from a given motion to rest at a target; re-aimed on the way it keeps
/// position, velocity and acceleration.
class SUREFOOT_API QuinticReach {
 public:
  void start_at(double time, const Motion& motion);
  void aim(double time, double target, double arrival);
  Motion at(double time) const;

 private:
  double start_ = 0.0, duration_ = 0.0;
  double c_[6] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
};

}  // namespace surefoot::mpc
