#include "mpc/terms/standard_terms.hpp"

#include <cmath>

#include "mpc/terms/foothold.hpp"
#include "mpc/terms/force_tracking.hpp"
#include "mpc/terms/friction_barrier.hpp"
#include "mpc/terms/friction_pyramid.hpp"
#include "mpc/terms/joint_limits.hpp"
#include "mpc/terms/joint_torque_limits.hpp"
#include "mpc/terms/joint_velocity_tracking.hpp"
#include "mpc/terms/stance_contact.hpp"
#include "mpc/terms/state_tracking.hpp"
#include "mpc/terms/swing_tracking.hpp"

namespace surefoot::mpc {
namespace {

/// Bounds drawn in by a share of their range, in which the cost rises before the limit is reached.
SoftBounds soft_bounds(const RobotDescription& description, const double& weight, double margin,
                       double (*lower)(const JointDescription&),
                       double (*upper)(const JointDescription&)) {
  SoftBounds bounds;
  bounds.weight = &weight;
  for (const auto& joint : description.joints) {
    const double least = lower(joint), most = upper(joint);
    const double inset = margin * (most - least);
    bounds.lower.push_back(std::isfinite(inset) ? least + inset : least);
    bounds.upper.push_back(std::isfinite(inset) ? most - inset : most);
  }
  return bounds;
}

void add_limits(const RobotDescription& d, const Weights& w, const Layout& layout, Terms& terms) {
  using Joint = const JointDescription&;
  if (w.joint_position_limit > 0.0)
    terms.costs.push_back(std::make_unique<JointPositionLimits>(soft_bounds(
        d, w.joint_position_limit, w.limit_margin, [](Joint j) { return j.position_lower; },
        [](Joint j) { return j.position_upper; })));
  if (w.joint_velocity_limit > 0.0)
    terms.costs.push_back(std::make_unique<JointVelocityLimits>(soft_bounds(
        d, w.joint_velocity_limit, w.limit_margin, [](Joint j) { return -j.velocity_limit; },
        [](Joint j) { return j.velocity_limit; })));
  if (w.joint_torque_limit > 0.0)
    terms.costs.push_back(std::make_unique<JointTorqueLimits>(
        soft_bounds(
            d, w.joint_torque_limit, w.limit_margin, [](Joint j) { return -j.effort_limit; },
            [](Joint j) { return j.effort_limit; }),
        layout));
}

}  // namespace

Terms standard_terms(const RobotDescription& description, const CentroidalDynamics& dynamics,
                     const Weights& weights, const VelocityWeight& velocity_weight) {
  const Layout& layout = dynamics.layout();
  Terms terms;
  terms.costs.push_back(std::make_unique<StateTracking>(weights, layout));
  terms.costs.push_back(std::make_unique<ForceTracking>(weights));
  terms.costs.push_back(std::make_unique<JointVelocityTracking>(velocity_weight));
  terms.costs.push_back(std::make_unique<Foothold>(weights));
  terms.equalities.push_back(std::make_unique<StanceContact>(layout));
  terms.equalities.push_back(std::make_unique<SwingTracking>(layout));
  add_limits(description, weights, layout, terms);
  if (weights.soft_friction)
    terms.costs.push_back(std::make_unique<FrictionBarrier>(weights));
  else
    terms.inequalities.push_back(
        std::make_unique<FrictionPyramid>(weights, dynamics.tree().mass() * 9.81));
  return terms;
}

}  // namespace surefoot::mpc
