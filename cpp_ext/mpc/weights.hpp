#pragma once
#include "mpc/so3.hpp"
#include "surefoot/nmpc.hpp"

namespace surefoot::mpc {

/// Weights of the cost and bounds of the forces, as the options give them.
struct SUREFOOT_API Weights {
  explicit Weights(const NmpcOptions& options);

  Vector3d momentum_linear, momentum_angular, base_position, base_orientation;
  double joint_position, force, moment, foot_velocity, foot_turn, joint_velocity, foothold,
      terminal;
  double force_min, force_max;  ///< N
  bool soft_friction;           ///< as a cost, in place of inequalities
  double barrier_weight, barrier_relaxation, barrier_smoothing;  ///< -, N, N
  double joint_position_limit, joint_velocity_limit, joint_torque_limit, limit_margin;
  double singular_tolerance;  ///< relative, of the contact Jacobian
};

}  // namespace surefoot::mpc
