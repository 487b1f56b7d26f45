#include "control/plan_ahead.hpp"

#include "control/prediction.hpp"

namespace surefoot {

PlanAhead::PlanAhead(const RobotDescription& description, const NmpcOptions& options)
    : nmpc_(description, options),
      now_(nmpc_.make_sample()),
      then_(now_),
      driven_(now_),
      q_(Eigen::VectorXd::Zero(description.nq())),
      v_(Eigen::VectorXd::Zero(description.nv())) {}

bool PlanAhead::solve(const PlanRequest& request, double lead) {
  q_ = request.q;
  v_ = request.v;
  double time = request.time;
  if (request.session != session_) {
    nmpc_.reset(request.time, request.q, request.v);
    session_ = request.session;
    planned_ = false;
  } else if (planned_ && lead > 0.0) {
    time += lead;
    nmpc_.sample(request.time, nullptr, nullptr, now_);
    nmpc_.sample(time, nullptr, nullptr, then_);
    nmpc_.sample(request.time, &q_, &v_, driven_);
    move_along(now_, then_, driven_, lead, q_, v_);
  }
  nmpc_.set_command(request.command.vx, request.command.vy, request.command.yaw_rate);
  nmpc_.set_gait(request.gait);
  nmpc_.set_weights(request.weights);
  nmpc_.correct_contacts(request.time, request.contact);
  nmpc_.solve(time, q_, v_);
  const NmpcPlan& plan = nmpc_.plan();
  const bool failed = plan.status == SolveStatus::kFailed;
  planned_ = planned_ || !failed;
  ++status.solves;
  status.failed += failed ? 1 : 0;
  status.failed_in_row = failed ? status.failed_in_row + 1 : 0;
  status.solve_time = plan.solve_time;
  status.allocations = plan.allocations;
  if (!failed) status.start = time;
  return !failed;
}

}  // namespace surefoot
