#pragma once
#include "mpc/centroidal_dynamics.hpp"
#include "surefoot/nmpc.hpp"

namespace surefoot::mpc {

/// What a solve's result must keep to become the plan that the robot follows.
struct PlanLimits {
  double dynamics, equality;     ///< relative residuals
  double force;                  ///< violated force limits over weight
  double joint_margin;           ///< rad or m beyond the joints' limits
  Eigen::VectorXd lower, upper;  ///< of the joints
};

/// Whether the plan is finite, its quaternions of length one, its residuals bounded, and its
/// joints within their limits or not farther out than where the robot already is.
bool acceptable(const NmpcPlan& plan, const Layout& layout, const PlanLimits& limits);

}  // namespace surefoot::mpc
