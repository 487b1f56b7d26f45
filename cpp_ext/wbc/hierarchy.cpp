#include "wbc/hierarchy.hpp"

#include <algorithm>
#include <cmath>

#include "math/vector_kernels.hpp"

namespace surefoot {
namespace {

constexpr double kAtLimit = 1e-7;  // relative, when active limits are counted

}  // namespace

Hierarchy::Hierarchy(int max_unknowns, int max_task_rows, int levels, const Limits& limits)
    : qp_(max_unknowns, limits),
      lexicographic_(max_unknowns, max_task_rows, levels, limits),
      projection_(max_unknowns, max_task_rows),
      x_(max_unknowns),
      values_(limits.max_count()) {
  active_.reserve(static_cast<std::size_t>(limits.max_count()));
}

void Hierarchy::find_active(const Limits& limits, StackOutcome& outcome) {
  auto values = values_.head(limits.count());
  limits.evaluate(x_.head(n_), values);
  for (int i = 0; i < limits.count(); ++i) {
    const double tolerance = kAtLimit * (1.0 + std::abs(values(i)));
    if (values(i) >= limits.upper(i) - tolerance)
      active_.push_back(i);
    else if (values(i) <= limits.lower(i) + tolerance)
      active_.push_back(-1 - i);
    if (i < limits.hard_count())
      outcome.slack =
          std::max({outcome.slack, limits.lower(i) - values(i), values(i) - limits.upper(i)});
  }
}

StackOutcome Hierarchy::solve_weighted(const Stack& stack, Physics& physics, const Limits& limits,
                                       double regularization) {
  StackOutcome outcome;
  n_ = physics.unknowns();
  active_.clear();
  const int columns = physics.free();
  double* basis = physics.basis().data();
  x_.head(n_) = physics.particular();
  projection_.clear(columns);
  for (const auto& level : stack) projection_.add(level, basis, x_.head(n_));
  auto hessian = qp_.hessian(columns);
  hessian.setZero();
  hessian.diagonal().setConstant(regularization);
  projection_.add_square(hessian);
  // The regularisation is of x itself, and the particular solution has no component in the basis.
  auto gradient = qp_.gradient(columns);
  const auto rows = projection_.transposed();
  gradient.setZero();
  add_product(columns, static_cast<int>(rows.cols()), rows.data(), columns,
              projection_.residual().data(), 1, gradient.data());
  gradient = -gradient;
  qp_.begin(limits);
  outcome.status =
      qp_.solve(limits, x_.head(n_), basis, columns, 0, static_cast<int>(stack.size()), outcome);
  if (outcome.status != QpStatus::kSolved) return outcome;
  if (check_kkt) outcome.kkt = qp_.kkt_residual(limits);
  add_product(n_, columns, basis, n_, qp_.z().data(), 1, x_.data());
  find_active(limits, outcome);
  return outcome;
}

StackOutcome Hierarchy::solve_strict(const Stack& stack, Physics& physics, const Limits& limits) {
  n_ = physics.unknowns();
  active_.clear();
  lexicographic_.check_kkt = check_kkt;
  StackOutcome outcome = lexicographic_.solve(stack, physics, limits, qp_, x_.head(n_));
  if (outcome.status == QpStatus::kSolved) find_active(limits, outcome);
  return outcome;
}

}  // namespace surefoot
