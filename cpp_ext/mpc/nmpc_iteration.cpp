#include <algorithm>
#include <cmath>

#include "mpc/clock.hpp"
#include "mpc/nmpc_impl.hpp"

namespace surefoot {
namespace {
using namespace mpc;
constexpr double kGravity = 9.81;
auto index(int i) { return static_cast<std::size_t>(i); }

/// A step must take away at least this share of the violations, times its length.
constexpr double kDecrease = 0.01;
}  // namespace

void CentroidalNmpc::Impl::start_clock(double start) {
  deadline = options.time_limit > 0.0 ? start + options.time_limit : 0.0;
}

bool CentroidalNmpc::Impl::out_of_time() const {
  return deadline > 0.0 && thread_time() > deadline;
}

void CentroidalNmpc::Impl::linearize() {
  guess();
  linearize_trial();
}

void CentroidalNmpc::Impl::linearize_trial() {
  // This overwrites the factorisation's problem: gains of the old plan not asked for are lost.
  std::fill(plan.gains.begin() + gains_ready * layout.nu * layout.nx, plan.gains.end(), 0.0);
  gains_ready = options.nodes;
  const double start = thread_time();
  before = {};
  transcription.restart_clock();
  for (int k = 0; k < options.nodes; ++k)
    transcription.linearize(intervals[index(k)], state(trial, k), input(trial, k),
                            state(trial, k + 1), k, qp, before);
  transcription.terminal(state(trial, options.nodes), terminal_reference.data(), qp);
  std::fill(qp.dx0.begin(), qp.dx0.end(), 0.0);
  std::copy(trial.states.begin(), trial.states.end(), base.states.begin());
  std::copy(trial.inputs.begin(), trial.inputs.end(), base.inputs.begin());
  trial.damped = before.damped;
  trial.linearize_time = thread_time() - start;
  trial.projection_time = transcription.projection_share() * trial.linearize_time;
}

InteriorPointResult CentroidalNmpc::Impl::solve_quadratic() {
  InteriorPointOptions ip;
  ip.iterations = options.iterations;
  ip.tolerance = options.tolerance;
  ip.deadline = deadline;
  const double weight = transcription_tree().mass() * kGravity;
  ip.scale = options.force * weight * weight * options.horizon / options.nodes;
  warm_start.recall(intervals, qp, solution);
  return interior_point.solve(qp, ip, solution);
}

Violations CentroidalNmpc::Impl::take_step(double length) {
  const int last = options.nodes;
  for (int k = 0; k <= last; ++k) {
    const double* dx = k < last ? solution.z[index(k)].data() + qp.nu : solution.x_end.data();
    for (int i = 0; i < layout.nx; ++i) step[index(i)] = length * dx[i];
    add_tangent(layout, state(base, k), step.data(), state(trial, k));
    if (k == last) break;
    const double* from = input(base, k);
    double* u = input(trial, k);
    std::copy(from, from + layout.nu, u);
    transcription.expand(intervals[index(k)], k, qp, solution.z[index(k)].data(), u);
    if (length < 1.0)
      for (int i = 0; i < layout.nu; ++i) u[i] = from[i] + length * (u[i] - from[i]);
  }
  std::copy(measured.begin(), measured.end(), state(trial, 0));
  Violations after;
  for (int k = 0; k < last; ++k) {
    transcription.restore(intervals[index(k)], state(trial, k), input(trial, k),
                          state(trial, k + 1), k, after);
    transcription.base_velocity(state(trial, k), trial_velocity.data() + 6 * k);
  }
  std::copy(trial_velocity.end() - 12, trial_velocity.end() - 6, trial_velocity.end() - 6);
  return after;
}

double CentroidalNmpc::Impl::cost(NmpcPlan& p) {
  double sum = transcription.terminal_cost(state(p, options.nodes), terminal_reference.data());
  for (int k = 0; k < options.nodes; ++k)
    sum += transcription.cost(intervals[index(k)], state(p, k), input(p, k));
  return sum;
}

void CentroidalNmpc::Impl::search() {
  // The linearisation misleads far from feasibility, the Gauss-Newton Hessian where constraints
  // bend much (nearly straight legs). The step is halved until it takes away violations or cost: a
  // filter of one entry (Waechter, Biegler, "Line search filter methods", 2005).
  const double jump = transcription.relative_size(qp.dx0.data());
  double length = 1.0, best = 1.0, least = 0.0, cost_before = NAN;
  Violations after = take_step(length);
  const auto cheaper = [&] {
    if (!(after.dynamics <= limits.dynamics && after.equality <= limits.equality)) return false;
    if (std::isnan(cost_before)) cost_before = cost(base);
    return cost(trial) < cost_before;
  };
  for (int i = 0;; ++i) {
    const bool none = std::max(after.dynamics, after.equality) <= options.tolerance;
    const bool less = after.total <= (1.0 - kDecrease * length) * (before.total + jump);
    if (i == 0 || after.total < least || !std::isfinite(least)) {
      best = length;
      least = after.total;
    }
    if (none || less || i >= options.step_halvings || out_of_time()) break;
    if (cheaper()) {
      best = length;
      break;
    }
    length *= 0.5;
    after = take_step(length);
  }
  if (best != length) after = take_step(best);
  trial.dynamics = after.dynamics;
  trial.equality = after.equality;
  trial.step = best;
}

bool CentroidalNmpc::Impl::improve() {
  const double linearized = thread_time();
  const InteriorPointResult result = solve_quadratic();
  trial.qp_time = thread_time() - linearized;
  trial.iterations = result.iterations;
  trial.stationarity = result.stationarity;
  trial.complementarity = result.complementarity;
  trial.inequality = result.inequality;
  if (!result.finite) return false;
  search();
  const bool tight = std::max({trial.dynamics, trial.equality, trial.stationarity,
                               trial.complementarity, trial.inequality}) <= options.tolerance;
  trial.status = result.converged && tight ? SolveStatus::kSolved
                 : result.out_of_time      ? SolveStatus::kTimeLimit
                                           : SolveStatus::kIterationLimit;
  return std::isfinite(trial.dynamics) && std::isfinite(trial.equality);
}

void CentroidalNmpc::Impl::conclude() {
  const double start = thread_time();
  prepared = false;
  bool good = false;
  // Only a first solve has no plan to fall back to: it may iterate.
  const int most = ready ? 1 : options.first_iterations;
  for (int i = 0; i < most && !good; ++i) {
    if (i > 0) {
      if (out_of_time()) break;
      linearize_trial();
    }
    if (!improve()) {
      begin = nullptr;
      warm_start.forget();
      break;
    }
    warm_start.store(intervals, qp, solution);
    good = acceptable(trial, layout, limits);
    begin = &trial;
  }
  if (good)
    accept();
  else
    reject();
  plan.feedback_time = thread_time() - start;
}

void CentroidalNmpc::Impl::accept() {
  std::swap(plan, trial);
  std::swap(base_velocity, trial_velocity);
  begin = &plan;
  plan.age_solves = 0;
  plan.age = 0.0;
  ready = true;
  gains_ready = 0;
  compute_gains(plan.times.front() + options.gain_horizon);
}

void CentroidalNmpc::Impl::reject() {
  // The iterate goes on from where it came to; the plan stays, and its times shift it.
  plan.status = SolveStatus::kFailed;
  plan.age = ready ? trial.times.front() - plan.times.front() : 0.0;
  ++plan.age_solves;
  if (begin == nullptr) return;
  std::swap(rejected, trial);
  begin = &rejected;
}

void CentroidalNmpc::Impl::compute_gains(double until) {
  // From the factorisation of the last good solve; a failed one leaves the rest zero.
  for (int& k = gains_ready; k < options.nodes && plan.times[index(k)] <= until; ++k) {
    interior_point.riccati().gain(qp, k, projected_gain.data());
    transcription.expand_gain(intervals[index(k)], k, qp, projected_gain.data(),
                              plan.gains.data() + k * layout.nu * layout.nx);
  }
}

}  // namespace surefoot
