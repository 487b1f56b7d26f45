#pragma once
#include "mpc/so3.hpp"
#include "surefoot/nmpc.hpp"

namespace surefoot::mpc {

/// Weights of the cost and bounds of the forces, as the options give them.
struct SUREFOOT_API Weights : NmpcWeights {
  explicit Weights(const NmpcOptions& options);

  double force_min, force_max;                   ///< N
  bool soft_friction;                            ///< as a cost, in place of inequalities
  double barrier_relaxation, barrier_smoothing;  ///< N
  double limit_margin;
  double singular_tolerance;  ///< relative, of the contact Jacobian
};

}  // namespace surefoot::mpc
