#pragma once
#include "mpc/terms/term.hpp"
#include "mpc/velocity_weight.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// The terms of the walking problem. A new term is named here.
Terms standard_terms(const CentroidalDynamics& dynamics, const Weights& weights,
                     const VelocityWeight& velocity_weight);

}  // namespace surefoot::mpc
