#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "control/plan_ahead.hpp"
#include "control/triple_buffer.hpp"

namespace surefoot {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

/// What the tick tells the thread.
struct Message {
  PlanRequest request;
  Clock::time_point sent;
};

/// What the thread hands back.
struct Answer {
  NmpcSnapshot snapshot;
  PlannerStatus status;
  long session = -1;
};

PlanRequest empty_request(const RobotDescription& description) {
  PlanRequest request;
  request.q.setZero(description.nq());
  request.v.setZero(description.nv());
  request.contact.setZero(static_cast<Eigen::Index>(description.contacts.size()));
  request.session = -1;
  return request;
}

class ThreadedPlanner : public Planner {
 public:
  ThreadedPlanner(const RobotDescription& description, const NmpcOptions& options,
                  const ThreadOptions& thread)
      : options_(thread),
        ahead_(description, options),
        evaluator_(description, options),
        messages_({empty_request(description), {}}, {empty_request(description), {}},
                  {empty_request(description), {}}),
        answers_({evaluator_.make_snapshot(), {}, -1}, {evaluator_.make_snapshot(), {}, -1},
                 {evaluator_.make_snapshot(), {}, -1}),
        thread_([this] { run(); }) {}

  ~ThreadedPlanner() override {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }

  void update(const PlanRequest& request) override {
    Message& message = messages_.next();
    message.request = request;
    message.sent = Clock::now();
    messages_.publish();
    if (request.session != session_) ready_ = false;
    session_ = request.session;
    status_.solved = false;
    if (!answers_.take()) return;
    Answer& answer = answers_.current();
    if (answer.session != session_) return;
    status_ = answer.status;
    status_.solved = true;
    if (answer.status.failed_in_row > 0) return;
    evaluator_.load(answer.snapshot);
    ready_ = true;
  }

  bool ready() const override { return ready_; }
  void sample(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v,
              const Eigen::Matrix<double, 6, 1>& momentum, NmpcSample& sample) override {
    evaluator_.sample(time, &q, &v, sample, &momentum);
  }
  void stall(double duration) override { stall_.store(duration, std::memory_order_relaxed); }
  NmpcSample make_sample() const override { return evaluator_.make_sample(); }
  const NmpcPlan& plan() override { return evaluator_.plan(); }
  const NmpcPlan& nodes() const override { return evaluator_.plan(); }
  const PlannerStatus& status() const override { return status_; }
  int state_size() const override { return evaluator_.state_size(); }
  int tangent_size() const override { return evaluator_.tangent_size(); }
  int input_size() const override { return evaluator_.input_size(); }

 private:
  void run() {
    ahead_.status.scheduled = schedule();
    const auto period = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(1.0 / options_.rate));
    auto next = Clock::now();
    while (!stop_.load(std::memory_order_relaxed)) {
      const double stall = stall_.exchange(0.0, std::memory_order_relaxed);
      if (stall > 0.0) std::this_thread::sleep_for(std::chrono::duration<double>(stall));
      if (messages_.take()) solve(messages_.current());
      next += period;
      const auto now = Clock::now();
      if (now > next) {
        ++ahead_.status.late;
        next = now;
      }
      std::this_thread::sleep_until(next);
    }
  }

  void solve(const Message& message) {
    const auto begin = Clock::now();
    const bool warm = ahead_.planned() && message.request.session == ahead_.session();
    const double lead = std::min(seconds(begin - message.sent) + duration_, kMaxLead);
    const bool solved = ahead_.solve(message.request, lead);
    const double took = seconds(Clock::now() - begin);
    if (warm)  // a first solve iterates longer: no measure of those to come
      duration_ = duration_ > 0.0 ? (1.0 - kBlend) * duration_ + kBlend * took : took;
    Answer& answer = answers_.next();
    if (solved) ahead_.nmpc().save(answer.snapshot);
    answer.status = ahead_.status;
    answer.session = ahead_.session();
    answers_.publish();
  }

  /// Name, priority and affinity; says whether the system granted both.
  bool schedule() const {
    bool granted = true;
    if (options_.priority > 0) {
      sched_param parameters{};
      parameters.sched_priority = options_.priority;
      granted = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0;
    }
#ifdef __linux__
    pthread_setname_np(pthread_self(), "surefoot-nmpc");
    if (options_.cpu >= 0) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(static_cast<unsigned>(options_.cpu), &set);
      granted = pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0 && granted;
    }
#endif
    return granted;
  }

  static constexpr double kMaxLead = 0.05;  // s; a clock that is wrong must not predict nonsense
  static constexpr double kBlend = 0.2;     // of the newest solve in the measured duration

  const ThreadOptions options_;
  // of the solving thread
  PlanAhead ahead_;
  double duration_ = 0.0;  ///< s, wall clock, of a solve, smoothed
  // of the control tick
  CentroidalNmpc evaluator_;
  long session_ = -1;
  bool ready_ = false;
  PlannerStatus status_;
  // of both
  TripleBuffer<Message> messages_;
  TripleBuffer<Answer> answers_;
  std::atomic<bool> stop_{false};
  std::atomic<double> stall_{0.0};
  std::thread thread_;  ///< last: everything else is there when it starts
};

}  // namespace

std::unique_ptr<Planner> make_threaded_planner(const RobotDescription& description,
                                               const NmpcOptions& options,
                                               const ThreadOptions& thread) {
  return std::make_unique<ThreadedPlanner>(description, options, thread);
}

}  // namespace surefoot
