#include "mpc/terms/standard_terms.hpp"

#include "mpc/terms/foothold.hpp"
#include "mpc/terms/force_tracking.hpp"
#include "mpc/terms/friction_barrier.hpp"
#include "mpc/terms/friction_pyramid.hpp"
#include "mpc/terms/joint_velocity_tracking.hpp"
#include "mpc/terms/stance_contact.hpp"
#include "mpc/terms/state_tracking.hpp"
#include "mpc/terms/swing_tracking.hpp"

namespace surefoot::mpc {

Terms standard_terms(const CentroidalDynamics& dynamics, const Weights& weights,
                     const VelocityWeight& velocity_weight) {
  const Layout& layout = dynamics.layout();
  Terms terms;
  terms.costs.push_back(std::make_unique<StateTracking>(weights, layout));
  terms.costs.push_back(std::make_unique<ForceTracking>(weights));
  terms.costs.push_back(std::make_unique<JointVelocityTracking>(velocity_weight));
  terms.costs.push_back(std::make_unique<Foothold>(weights));
  terms.equalities.push_back(std::make_unique<StanceContact>(layout));
  terms.equalities.push_back(std::make_unique<SwingTracking>(layout));
  if (weights.soft_friction)
    terms.costs.push_back(std::make_unique<FrictionBarrier>(weights));
  else
    terms.inequalities.push_back(
        std::make_unique<FrictionPyramid>(weights, dynamics.tree().mass() * 9.81));
  return terms;
}

}  // namespace surefoot::mpc
