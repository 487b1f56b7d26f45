#pragma once
#include "surefoot/control/planner.hpp"

namespace surefoot {

/// Solves for the time at which the plan will be used: from the state that the robot will have
/// then, moved along the plan before.
class PlanAhead {
 public:
  PlanAhead(const RobotDescription& description, const NmpcOptions& options);

  /// One solve, `lead` s ahead of the request (not the first one of a session, which has no plan
  /// to go by). Returns whether it gave a plan; `status` counts.
  bool solve(const PlanRequest& request, double lead);
  /// Whether the session has a plan.
  bool planned() const { return planned_; }
  long session() const { return session_; }
  CentroidalNmpc& nmpc() { return nmpc_; }
  const CentroidalNmpc& nmpc() const { return nmpc_; }

  PlannerStatus status;

 private:
  CentroidalNmpc nmpc_;
  NmpcSample now_, then_, driven_;
  Eigen::VectorXd q_, v_;
  long session_ = -1;
  bool planned_ = false;
};

}  // namespace surefoot
