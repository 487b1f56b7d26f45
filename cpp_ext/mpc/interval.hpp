#pragma once
#include <vector>

#include "mpc/so3.hpp"

namespace surefoot::mpc {

/// What one contact is asked to do over one interval.
struct ContactTask {
  bool stance = true;
  Vector3d normal = Vector3d::UnitZ();
  Vector3d forward = Vector3d::UnitX();  ///< a surface's x axis in stance, to its plane's part
  double velocity = 0.0;                 ///< of its frame along the normal, m/s
  double height = 0.0;                   ///< of its frame at the start of the interval, m
  double gain = 0.0;                     ///< 1/s, from height error to velocity
  /// Where a swing foot is to be at the start of the interval: xy from the base, in world axes
  double target[2] = {0.0, 0.0};
};

/// One interval of the optimal control problem, before linearisation.
struct Interval {
  double time = 0.0, dt = 0.0;
  std::vector<ContactTask> contacts;
  std::vector<double> state_reference, input_reference;
};

}  // namespace surefoot::mpc
