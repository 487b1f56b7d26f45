#pragma once
#include <memory>

#include "surefoot/control/commands.hpp"
#include "surefoot/nmpc.hpp"

namespace surefoot {

/// What a plan is asked for: the state at `time`, when the command acts that asks, where to go and
/// how.
struct PlanRequest {
  double time = 0.0;
  Eigen::VectorXd q, v;
  Eigen::VectorXd contact;  ///< measured probability of each contact
  VelocityCommand command;
  NmpcWeights weights;
  int gait = 0;      ///< index into the NMPC's gaits
  long session = 0;  ///< a new number: forget the plan, the robot stands at this state
};

/// What the planner has been doing.
struct PlannerStatus {
  double solve_time = 0.0;  ///< s, thread CPU time of the last solve
  bool solved = false;      ///< in this tick
  long solves = 0, failed = 0, allocations = 0;
  int failed_in_row = 0;
  bool scheduled = true;  ///< priority and affinity are as asked (thread)
  long late = 0;          ///< solves that took longer than their period (thread)
  double start = 0.0;     ///< s, the time that the newest plan starts at
};

/// Runs the NMPC and hands out its newest plan.
class SUREFOOT_API Planner {
 public:
  virtual ~Planner() = default;

  /// Every tick while a plan is wanted.
  virtual void update(const PlanRequest& request) = 0;
  /// Whether there is a plan since the request's session began.
  virtual bool ready() const = 0;
  /// The newest plan at `time`, its inputs fed back about (q, v), where the robot has the momentum.
  virtual void sample(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v,
                      const Eigen::Matrix<double, 6, 1>& momentum, NmpcSample& sample) = 0;
  /// Makes the NMPC hang for this long, s: a fault to be tested with.
  virtual void stall(double duration) = 0;
  virtual NmpcSample make_sample() const = 0;
  virtual const NmpcPlan& plan() = 0;
  /// The same without computing gains that nothing asked for yet: those are zero.
  virtual const NmpcPlan& nodes() const = 0;
  virtual const PlannerStatus& status() const = 0;
  virtual int state_size() const = 0;
  virtual int tangent_size() const = 0;
  virtual int input_size() const = 0;
};

/// Of the thread that solves.
struct ThreadOptions {
  double rate = 0.0;  ///< solves per second
  int priority = 0;   ///< of SCHED_FIFO; 0: as the creating thread
  int cpu = -1;       ///< that it is bound to; -1: any
};

/// Solves in the tick, at `rate`: bit-identical from run to run. With a latency, s, plans are used
/// only that much later, and made for then, as if a thread had taken so long.
SUREFOOT_API std::unique_ptr<Planner> make_synchronous_planner(const RobotDescription& description,
                                                               const NmpcOptions& options,
                                                               double rate, double latency = 0.0);

/// Solves in a thread of its own. The newest state goes in and the newest plan comes out without
/// locks; each solve starts from the state predicted for the time at which its plan will act.
SUREFOOT_API std::unique_ptr<Planner> make_threaded_planner(const RobotDescription& description,
                                                            const NmpcOptions& options,
                                                            const ThreadOptions& thread);

}  // namespace surefoot
