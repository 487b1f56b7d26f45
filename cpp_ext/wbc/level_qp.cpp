#include "wbc/level_qp.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace surefoot {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-11;  // relative, by which a row may miss its bound
constexpr double kMargin = 1e-9;     // relative, that relaxed bounds get on top

}  // namespace

LevelQp::LevelQp(int max_unknowns, const Limits& limits)
    : lower(limits.max_count()),
      upper(limits.max_count()),
      qp_(max_unknowns + limits.max_count(), limits.max_count()),
      rows_(max_unknowns, limits.max_count()),
      hessian_(max_unknowns * max_unknowns),
      gradient_(max_unknowns + limits.max_count()),
      extended_((max_unknowns + limits.max_count()) * (max_unknowns + limits.max_count())),
      work_(max_unknowns + limits.max_count()),
      values_(limits.max_count()),
      z_(max_unknowns + limits.max_count()),
      multipliers_(limits.max_count()) {}

void LevelQp::begin(const Limits& limits) {
  const int hard = limits.hard_count(), soft = limits.count() - hard;
  lower.head(hard) = limits.lower.head(hard);
  upper.head(hard) = limits.upper.head(hard);
  lower.segment(hard, soft).setConstant(-kInfinity);
  upper.segment(hard, soft).setConstant(kInfinity);
}

void LevelQp::harden(const Limits& limits, int level, const Eigen::Ref<const Eigen::VectorXd>& x) {
  if (limits.hard_count() == limits.count()) return;
  auto values = values_.head(limits.count());
  limits.evaluate(x, values);
  for (int i = limits.hard_count(); i < limits.count(); ++i) {
    if (limits.level(i) != level) continue;
    lower(i) = std::min(limits.lower(i), values(i));
    upper(i) = std::max(limits.upper(i), values(i));
  }
}

QpStatus LevelQp::run(const Limits& limits, StackOutcome& outcome) {
  const int columns = rows_.columns(), size = rows_.variables();
  double* data = hessian_.data();
  if (rows_.slacks() > 0) {
    data = extended_.data();
    Eigen::Map<Eigen::MatrixXd> full(data, size, size);
    full.setZero();
    full.topLeftCorner(columns, columns) = hessian(columns);
    for (int i = limits.hard_count(); i < limits.count(); ++i)
      if (rows_.slack(i) >= 0) full(rows_.slack(i), rows_.slack(i)) = limits.weight(i);
    gradient_.segment(columns, rows_.slacks()).setZero();
  }
  const Eigen::Map<const Eigen::MatrixXd> full(data, size, size);
  if (backend != nullptr && size > 0 && run_backend(limits, full, outcome) == QpStatus::kSolved)
    return QpStatus::kSolved;
  const QpStatus status = qp_.solve(full, gradient_.head(size), rows_, lower.head(limits.count()),
                                    upper.head(limits.count()));
  outcome.iterations += qp_.iterations();
  if (status == QpStatus::kSolved) {
    z_.head(size) = qp_.x();
    multipliers_.head(limits.count()) = qp_.multipliers();
  }
  return status;
}

QpStatus LevelQp::run_backend(const Limits& limits, const Eigen::Ref<const Eigen::MatrixXd>& full,
                              StackOutcome& outcome) {
  // Only rows that may bind are shown: some solvers take no rows without bounds.
  const auto size = full.rows();
  Eigen::Index count = 0;
  Eigen::MatrixXd H = full.selfadjointView<Eigen::Lower>(), C(limits.count(), size);
  Eigen::VectorXd low(limits.count()), high(limits.count()), row(size), z(size);
  rows_.evaluate(Eigen::VectorXd::Zero(size), values_.head(limits.count()));
  for (int i = 0; i < limits.count(); ++i) {
    if (std::isinf(lower(i)) && std::isinf(upper(i))) continue;
    rows_.row(i, row);
    C.row(count) = row.transpose();
    low(count) = lower(i) - values_(i);
    high(count++) = upper(i) - values_(i);
  }
  Eigen::VectorXd multipliers(count);
  const bool solved = backend->solve(H, gradient_.head(size), C.topRows(count), low.head(count),
                                     high.head(count), z, multipliers);
  if (!solved || !z.allFinite() || !multipliers.allFinite()) {
    outcome.inexact = true;
    return QpStatus::kIterationLimit;
  }
  z_.head(size) = z;
  count = 0;
  for (int i = 0; i < limits.count(); ++i)
    multipliers_(i) = std::isinf(lower(i)) && std::isinf(upper(i)) ? 0.0 : multipliers(count++);
  return QpStatus::kSolved;
}

bool LevelQp::soften(const Limits& limits, int first, int last) {
  if (limits.hard_count() == limits.count()) return false;
  bool added = false;
  rows_.evaluate(z_.head(rows_.variables()), values_.head(limits.count()));
  for (int i = limits.hard_count(); i < limits.count(); ++i) {
    if (limits.level(i) < first || limits.level(i) > last || rows_.slack(i) >= 0) continue;
    const double tolerance = kRounding * (1.0 + std::abs(values_(i)));
    if (values_(i) >= limits.lower(i) - tolerance && values_(i) <= limits.upper(i) + tolerance)
      continue;
    rows_.add_slack(i);
    lower(i) = limits.lower(i);
    upper(i) = limits.upper(i);
    added = true;
  }
  return added;
}

QpStatus LevelQp::solve(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
                        const double* basis, int columns, int first, int last,
                        StackOutcome& outcome) {
  rows_.set(limits, origin, basis, columns);
  QpStatus status = run(limits, outcome);
  if (status == QpStatus::kInfeasible) {
    const double slack = relax(limits, origin, basis, columns, outcome);
    if (!(slack >= 0.0)) return status;
    outcome.slack = std::max(outcome.slack, slack);
    rows_.set(limits, origin, basis, columns);
    status = run(limits, outcome);
    if (status != QpStatus::kSolved) {
      // What is left has hardly an inside. The point of least slack, in z_ still, is within it.
      outcome.inexact = true;
      multipliers_.head(limits.count()).setZero();
      return QpStatus::kSolved;
    }
  }
  // A soft row joins, with its slack, only when it is violated; so most never do.
  while (status == QpStatus::kSolved && soften(limits, first, last)) status = run(limits, outcome);
  return status;
}

double LevelQp::relax(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
                      const double* basis, int columns, StackOutcome& outcome) {
  constexpr double kTie = 1e-9;  // prefers the smallest motion among equal slacks
  const int count = limits.count();
  for (int rank = Limits::kRanks - 1; rank >= 0; --rank) {
    rows_.set(limits, origin, basis, columns);
    for (int i = 0; i < limits.hard_count(); ++i)
      if (limits.rank(i) >= rank) rows_.add_slack(i);
    if (rows_.slacks() == 0) continue;
    const int size = rows_.variables();
    Eigen::Map<Eigen::MatrixXd> weights(extended_.data(), size, size);
    weights.setIdentity();
    weights.diagonal().head(columns).setConstant(kTie);
    work_.head(size).setZero();
    const QpStatus status =
        qp_.solve(weights, work_.head(size), rows_, lower.head(count), upper.head(count));
    outcome.iterations += qp_.iterations();
    if (status != QpStatus::kSolved) continue;
    z_.head(columns) = qp_.x().head(columns);
    double largest = 0.0;
    for (int i = 0; i < limits.hard_count(); ++i) {
      if (rows_.slack(i) < 0) continue;
      const double give = qp_.x()(rows_.slack(i));
      const double margin = kMargin * (1.0 + std::abs(give));
      largest = std::max(largest, std::abs(give));
      // The elastic value row + give is within bounds, so row itself is within these.
      if (give > margin) lower(i) -= give + margin;
      if (give < -margin) upper(i) += -give + margin;
    }
    return largest;
  }
  return -1.0;
}

double LevelQp::kkt_residual(const Limits& limits) {
  const int columns = rows_.columns(), size = rows_.variables();
  if (size == 0) return 0.0;
  const auto z = z_.head(size);
  auto stationarity = work_.head(size), row = extended_.head(size);
  stationarity = gradient_.head(size);
  stationarity.head(columns).noalias() +=
      hessian(columns).selfadjointView<Eigen::Lower>() * z.head(columns);
  double scale = 1.0 + gradient_.head(columns).cwiseAbs().maxCoeff(), worst = 0.0;
  rows_.evaluate(z, values_.head(limits.count()));
  for (int i = 0; i < limits.count(); ++i) {
    if (rows_.slack(i) >= 0) stationarity(rows_.slack(i)) += limits.weight(i) * z(rows_.slack(i));
    const double tolerance = 1.0 + std::abs(values_(i)), multiplier = multipliers_(i);
    const double below = lower(i) - values_(i), above = values_(i) - upper(i);
    worst = std::max({worst, below / tolerance, above / tolerance});
    if (multiplier == 0.0) continue;
    rows_.row(i, row);
    stationarity += multiplier * row;
    const double push = std::abs(multiplier) * row.cwiseAbs().maxCoeff();
    scale = std::max(scale, push);
    // Either the multiplier or the distance to the bound is zero.
    const double distance = std::abs(multiplier > 0.0 ? above : below) / tolerance;
    worst = std::max(worst, std::min(distance, push / scale));
  }
  return std::max(worst, stationarity.cwiseAbs().maxCoeff() / scale);
}

}  // namespace surefoot
