#include <limits>
#include <optional>

#include "control/plan_ahead.hpp"

namespace surefoot {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kInstant = 1e-6;  // s

class SynchronousPlanner : public Planner {
 public:
  SynchronousPlanner(const RobotDescription& description, const NmpcOptions& options, double rate,
                     double latency)
      : ahead_(description, options), period_(1.0 / rate), latency_(latency) {
    if (!(latency > 0.0)) return;
    late_.emplace(description, options);
    snapshot_.emplace(ahead_.nmpc().make_snapshot());
  }

  void update(const PlanRequest& request) override {
    if (request.session != session_) {
      session_ = request.session;
      last_ = -kInfinity;
      due_ = kInfinity;
      ready_ = false;
    }
    status_.solved = false;
    if (stall_ > 0.0) {
      stalled_until_ = request.time + stall_;
      stall_ = 0.0;
    }
    if (request.time >= due_ - kInstant) hand_over();
    if (request.time - last_ < period_ - kInstant || request.time < stalled_until_) return;
    last_ = request.time;
    const bool solved = ahead_.solve(request, latency_);
    if (!late_) {
      status_ = ahead_.status;
      status_.solved = true;
      ready_ = ready_ || solved;
    } else {
      if (solved) ahead_.nmpc().save(*snapshot_);
      answer_ = ahead_.status;
      due_ = request.time + latency_;
    }
  }

  bool ready() const override { return ready_; }
  void sample(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v,
              const Eigen::Matrix<double, 6, 1>& momentum, NmpcSample& sample) override {
    nmpc().sample(time, &q, &v, sample, &momentum);
  }
  void stall(double duration) override { stall_ = duration; }
  NmpcSample make_sample() const override { return nmpc().make_sample(); }
  const NmpcPlan& plan() override {
    nmpc().compute_gains();
    return nmpc().plan();
  }
  const NmpcPlan& nodes() const override { return nmpc().plan(); }
  const PlannerStatus& status() const override { return status_; }
  int state_size() const override { return nmpc().state_size(); }
  int tangent_size() const override { return nmpc().tangent_size(); }
  int input_size() const override { return nmpc().input_size(); }

 private:
  /// The one whose plan is used.
  CentroidalNmpc& nmpc() { return late_ ? *late_ : ahead_.nmpc(); }
  const CentroidalNmpc& nmpc() const { return late_ ? *late_ : ahead_.nmpc(); }

  void hand_over() {
    due_ = kInfinity;
    status_ = answer_;
    status_.solved = true;
    if (answer_.failed_in_row > 0) return;
    late_->load(*snapshot_);
    ready_ = true;
  }

  PlanAhead ahead_;
  double period_, latency_;
  std::optional<CentroidalNmpc> late_;  ///< none without latency: the solver's own plan is used
  std::optional<NmpcSnapshot> snapshot_;
  PlannerStatus answer_, status_;
  double last_ = -kInfinity, due_ = kInfinity, stall_ = 0.0, stalled_until_ = -kInfinity;
  long session_ = -1;
  bool ready_ = false;
};

}  // namespace

std::unique_ptr<Planner> make_synchronous_planner(const RobotDescription& description,
                                                  const NmpcOptions& options, double rate,
                                                  double latency) {
  return std::make_unique<SynchronousPlanner>(description, options, rate, latency);
}

}  // namespace surefoot
