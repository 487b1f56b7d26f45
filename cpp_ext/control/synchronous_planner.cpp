#include <limits>

#include "surefoot/control/planner.hpp"

namespace surefoot {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kInstant = 1e-6;  // s

class SynchronousPlanner : public Planner {
 public:
  SynchronousPlanner(const RobotDescription& description, const NmpcOptions& options, double rate)
      : nmpc_(description, options), period_(1.0 / rate) {}

  void update(const PlanRequest& request) override {
    if (request.session != session_) {
      nmpc_.reset(request.time, request.q, request.v);
      session_ = request.session;
      last_ = -kInfinity;
      ready_ = false;
    }
    status_.solved = false;
    if (stall_ > 0.0) {
      stalled_until_ = request.time + stall_;
      stall_ = 0.0;
    }
    if (request.time - last_ < period_ - kInstant || request.time < stalled_until_) return;
    last_ = request.time;
    nmpc_.set_command(request.command.vx, request.command.vy, request.command.yaw_rate);
    nmpc_.set_gait(request.gait);
    nmpc_.correct_contacts(request.time, request.contact);
    nmpc_.solve(request.time, request.q, request.v);
    const NmpcPlan& plan = nmpc_.plan();
    const bool failed = plan.status == SolveStatus::kFailed;
    status_.solved = true;
    ++status_.solves;
    status_.failed += failed ? 1 : 0;
    status_.failed_in_row = failed ? status_.failed_in_row + 1 : 0;
    status_.solve_time = plan.solve_time;
    status_.allocations = plan.allocations;
    if (!failed) status_.start = request.time;
    ready_ = ready_ || !failed;
  }

  bool ready() const override { return ready_; }
  void sample(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v,
              NmpcSample& sample) override {
    nmpc_.sample(time, &q, &v, sample);
  }
  void stall(double duration) override { stall_ = duration; }
  NmpcSample make_sample() const override { return nmpc_.make_sample(); }
  const NmpcPlan& plan() override {
    nmpc_.compute_gains();
    return nmpc_.plan();
  }
  const PlannerStatus& status() const override { return status_; }
  int state_size() const override { return nmpc_.state_size(); }
  int tangent_size() const override { return nmpc_.tangent_size(); }
  int input_size() const override { return nmpc_.input_size(); }

 private:
  CentroidalNmpc nmpc_;
  double period_, last_ = -kInfinity, stall_ = 0.0, stalled_until_ = -kInfinity;
  long session_ = -1;
  bool ready_ = false;
  PlannerStatus status_;
};

}  // namespace

std::unique_ptr<Planner> make_synchronous_planner(const RobotDescription& description,
                                                  const NmpcOptions& options, double rate) {
  return std::make_unique<SynchronousPlanner>(description, options, rate);
}

}  // namespace surefoot
