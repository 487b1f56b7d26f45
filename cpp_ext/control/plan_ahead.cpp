#include "control/plan_ahead.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "control/prediction.hpp"

namespace surefoot {
namespace {

constexpr double kStep = 0.002;  // s, short against the time in which the feedback acts
constexpr int kMostSteps = 50;

}  // namespace

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
    const int steps = std::clamp(static_cast<int>(std::ceil(lead / kStep)), 1, kMostSteps);
    nmpc_.sample(request.time, nullptr, nullptr, now_);
    for (int i = 0; i < steps; ++i) {
      nmpc_.sample(request.time + lead * i / steps, &q_, &v_, driven_);
      nmpc_.sample(request.time + lead * (i + 1) / steps, nullptr, nullptr, then_);
      move_along(now_, then_, driven_, lead / steps, q_, v_);
      std::swap(now_, then_);
    }
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
