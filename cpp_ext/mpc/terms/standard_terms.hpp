#pragma once
#include "mpc/terms/term.hpp"
#include "mpc/velocity_weight.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// The terms of the walking problem. A new term is named here.
/// @param description of the robot whose joints are all moved by the NMPC
/// @param weights,velocity_weight outlive the terms; those of `NmpcWeights` may change
Terms standard_terms(const RobotDescription& description, const CentroidalDynamics& dynamics,
                     const Weights& weights, const VelocityWeight& velocity_weight);

}  // namespace surefoot::mpc
