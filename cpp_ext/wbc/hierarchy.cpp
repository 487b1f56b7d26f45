#include "wbc/hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace surefoot {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFeasibility = 1e-9;  // relative, when a candidate is tested against the limits
// Relative weights of directions that a level does not see: the first is exact to rounding, the
// second survives nearly dependent limits, with a bias.
constexpr double kUnseen[] = {1e-10, 1e-6};
constexpr double kBias = 1e-12;      // relative, of a level's squared residual
constexpr int kPasses = 8;           // of taking the bias of unseen directions away
constexpr double kRounding = 1e-11;  // relative, that a level's limits may slip
constexpr double kAtLimit = 1e-7;    // relative, when active limits are counted

bool has_inequality(const TaskLevel& level) {
  for (const auto& task : level)
    if (task->is_inequality()) return true;
  return false;
}

}  // namespace

Hierarchy::Hierarchy(int max_unknowns, int max_task_rows, int levels, const Limits& limits)
    : qp_(max_unknowns + limits.max_count(), limits.max_count()),
      null_space_(max_unknowns, std::max(max_task_rows, 1)),
      rows_(max_unknowns, limits.max_count()),
      lower_(limits.max_count()),
      upper_(limits.max_count()),
      x_(max_unknowns),
      z_(max_unknowns + limits.max_count()),
      residual_(max_task_rows),
      values_(limits.max_count()),
      y_(max_unknowns),
      projected_(static_cast<std::size_t>(max_unknowns) * static_cast<std::size_t>(max_task_rows)),
      hessian_(max_unknowns * max_unknowns),
      gradient_(max_unknowns + limits.max_count()),
      change_(max_unknowns + limits.max_count()),
      extended_((max_unknowns + limits.max_count()) * (max_unknowns + limits.max_count())),
      seen_(max_unknowns * max_task_rows) {
  levels_.reserve(static_cast<std::size_t>(levels));
}

void Hierarchy::begin(Physics& physics, const Limits& limits) {
  n_ = physics.unknowns();
  columns_ = physics.free();
  basis_ = physics.basis().data();
  x_.head(n_) = physics.particular();
  const int hard = limits.hard_count(), soft = limits.count() - hard;
  lower_.head(hard) = limits.lower.head(hard);
  upper_.head(hard) = limits.upper.head(hard);
  lower_.segment(hard, soft).setConstant(-kInfinity);
  upper_.segment(hard, soft).setConstant(kInfinity);
}

void Hierarchy::level_residual(const TaskLevel& level) {
  int row = 0;
  for (const auto& task : level) {
    if (task->is_inequality()) continue;
    const int count = task->rows().count;
    auto residual = residual_.segment(row, count);
    task->evaluate(x_.head(n_), residual);
    residual = -residual.cwiseProduct(task->rows().weight.head(count).cwiseSqrt());
    row += count;
  }
}

int Hierarchy::project(const TaskLevel& level, int row) {
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, n_, columns_);
  scale_ = 0.0;
  for (const auto& task : level) {
    if (task->is_inequality()) continue;
    const TaskRows& rows = task->rows();
    const int count = rows.count;
    Eigen::Map<Eigen::MatrixXd> projected(projected_.data() + columns_ * row, columns_, count);
    auto residual = residual_.segment(row, count);
    const int width = rows.form == TaskRows::Form::kAcceleration ? rows.acceleration_size : n_;
    residual = rows.target.head(count);
    if (rows.form == TaskRows::Form::kSelection) {
      projected = basis.middleRows(rows.first, count).transpose();
      residual -= x_.segment(rows.first, count);
    } else {
      const auto matrix = rows.matrix.topLeftCorner(count, width);
      projected.noalias() = basis.topRows(width).transpose() * matrix.transpose();
      residual.noalias() -= matrix * x_.head(width);
    }
    for (int i = 0; i < count; ++i) {
      const double scale = std::sqrt(rows.weight(i));
      const double size =
          rows.form == TaskRows::Form::kSelection ? 1.0 : rows.matrix.row(i).head(width).norm();
      scale_ = std::max(scale_, scale * size);
      projected.col(i) *= scale;
      residual(i) *= scale;
    }
    row += count;
  }
  return row;
}

bool Hierarchy::feasible(const Limits& limits) {
  auto values = values_.head(limits.count());
  limits.evaluate(x_.head(n_), values);
  for (int i = 0; i < limits.count(); ++i) {
    const double tolerance = kFeasibility * (1.0 + std::abs(values(i)));
    if (!(values(i) >= limits.lower(i) - tolerance && values(i) <= limits.upper(i) + tolerance))
      return false;
  }
  return true;
}

QpStatus Hierarchy::solve_qp(const Limits& limits, Outcome& outcome) {
  const int size = rows_.variables();
  const auto lower = lower_.head(limits.count()), upper = upper_.head(limits.count());
  QpStatus status;
  if (rows_.slacks() == 0) {
    const Eigen::Map<const Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
    status = qp_.solve(hessian, gradient_.head(size), rows_, lower, upper);
  } else {
    Eigen::Map<Eigen::MatrixXd> hessian(extended_.data(), size, size);
    hessian.setZero();
    hessian.topLeftCorner(columns_, columns_) =
        Eigen::Map<const Eigen::MatrixXd>(hessian_.data(), columns_, columns_);
    for (int i = limits.hard_count(); i < limits.count(); ++i)
      if (rows_.slack(i) >= 0) hessian(rows_.slack(i), rows_.slack(i)) = limits.weight(i);
    gradient_.segment(columns_, rows_.slacks()).setZero();
    status = qp_.solve(hessian, gradient_.head(size), rows_, lower, upper);
  }
  outcome.iterations += qp_.iterations();
  return status;
}

bool Hierarchy::soften(const Limits& limits, int first, int last) {
  if (limits.hard_count() == limits.count()) return false;
  bool added = false;
  rows_.evaluate(qp_.x(), values_.head(limits.count()));
  for (int i = limits.hard_count(); i < limits.count(); ++i) {
    if (limits.level(i) < first || limits.level(i) > last || rows_.slack(i) >= 0) continue;
    const double tolerance = kRounding * (1.0 + std::abs(values_(i)));
    if (values_(i) >= limits.lower(i) - tolerance && values_(i) <= limits.upper(i) + tolerance)
      continue;
    rows_.add_slack(i);
    lower_(i) = limits.lower(i);
    upper_(i) = limits.upper(i);
    added = true;
  }
  return added;
}

QpStatus Hierarchy::solve_level(const Limits& limits, int first, int last, int rank,
                                Outcome& outcome) {
  const Eigen::Map<const Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, n_, columns_);
  rows_.set(limits, x_.head(n_), basis_, columns_);
  QpStatus status = solve_qp(limits, outcome);
  if (status == QpStatus::kInfeasible) {
    const double slack = relax(limits, outcome);
    if (!(slack >= 0.0)) return status;
    outcome.slack = std::max(outcome.slack, slack);
    rows_.set(limits, x_.head(n_), basis_, columns_);
    status = solve_qp(limits, outcome);
  }
  // A soft row joins, with its slack, only when it is violated; so most never do.
  while (status == QpStatus::kSolved && soften(limits, first, last))
    status = solve_qp(limits, outcome);
  // The small weight of unseen directions is a proximal term: solving again around the last point
  // takes its bias away. It is worth it only where limits made those directions go far.
  const int unseen = columns_ - rank;
  for (int pass = 0; pass < kPasses && unseen > 0 && status == QpStatus::kSolved; ++pass) {
    const double weight = hessian(columns_ - 1, columns_ - 1);
    auto pull = gradient_.segment(rank, unseen);
    auto change = change_.head(rows_.variables());
    change.setZero();
    change.segment(rank, unseen) = -weight * qp_.x().segment(rank, unseen) - pull;
    if (qp_.active() == 0 || change.norm() <= kBias) break;
    pull += change.segment(rank, unseen);
    const auto lower = lower_.head(limits.count()), upper = upper_.head(limits.count());
    if (!qp_.resolve(change, rows_, lower, upper)) status = solve_qp(limits, outcome);
    while (status == QpStatus::kSolved && soften(limits, first, last))
      status = solve_qp(limits, outcome);
  }
  if (status == QpStatus::kSolved) {
    if (check_kkt) outcome.kkt = std::max(outcome.kkt, kkt_residual(limits));
    z_.head(columns_) = qp_.x().head(columns_);
    x_.head(n_).noalias() += basis * z_.head(columns_);
  }
  return status;
}

double Hierarchy::kkt_residual(const Limits& limits) {
  const Eigen::Map<const Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
  const auto multipliers = qp_.multipliers();
  const int size = rows_.variables();
  auto z = z_.head(size), stationarity = change_.head(size), row = extended_.head(size);
  z = qp_.x();
  stationarity = gradient_.head(size);
  stationarity.head(columns_).noalias() +=
      hessian.selfadjointView<Eigen::Lower>() * z.head(columns_);
  double scale = 1.0, worst = 0.0;
  for (int i = 0; i < columns_; ++i) scale = std::max(scale, 1.0 + std::abs(gradient_(i)));
  rows_.evaluate(z, values_.head(limits.count()));
  for (int i = 0; i < limits.count(); ++i) {
    if (rows_.slack(i) >= 0) stationarity(rows_.slack(i)) += limits.weight(i) * z(rows_.slack(i));
    const double tolerance = 1.0 + std::abs(values_(i)), multiplier = multipliers(i);
    const double below = lower_(i) - values_(i), above = values_(i) - upper_(i);
    worst = std::max({worst, below / tolerance, above / tolerance});
    if (multiplier == 0.0) continue;
    worst = std::max(worst, std::abs(multiplier > 0.0 ? above : below) / tolerance);
    rows_.row(i, row);
    stationarity += multiplier * row;
    scale = std::max(scale, std::abs(multiplier) * row.cwiseAbs().maxCoeff());
  }
  return size > 0 ? std::max(worst, stationarity.cwiseAbs().maxCoeff() / scale) : worst;
}

double Hierarchy::relax(const Limits& limits, Outcome& outcome) {
  constexpr double kTie = 1e-9;  // prefers the smallest motion among equal slacks
  const int count = limits.count();
  for (int rank = Limits::kRanks - 1; rank >= 0; --rank) {
    rows_.set(limits, x_.head(n_), basis_, columns_);
    for (int i = 0; i < limits.hard_count(); ++i)
      if (limits.rank(i) >= rank) rows_.add_slack(i);
    if (rows_.slacks() == 0) continue;
    const int size = rows_.variables();
    Eigen::Map<Eigen::MatrixXd> hessian(extended_.data(), size, size);
    hessian.setIdentity();
    hessian.diagonal().head(columns_).setConstant(kTie);
    change_.head(size).setZero();
    const QpStatus status =
        qp_.solve(hessian, change_.head(size), rows_, lower_.head(count), upper_.head(count));
    outcome.iterations += qp_.iterations();
    if (status != QpStatus::kSolved) continue;
    double largest = 0.0;
    for (int i = 0; i < limits.hard_count(); ++i) {
      if (rows_.slack(i) < 0) continue;
      const double give = qp_.x()(rows_.slack(i));
      const double margin = kFeasibility * (1.0 + std::abs(give));
      largest = std::max(largest, std::abs(give));
      // The elastic value row + give is within bounds, so row itself is within these.
      if (give > margin) lower_(i) -= give + margin;
      if (give < -margin) upper_(i) += -give + margin;
    }
    return largest;
  }
  return -1.0;
}

void Hierarchy::hold(const Limits& limits, int level) {
  auto values = values_.head(limits.count());
  limits.evaluate(x_.head(n_), values);
  for (int i = 0; i < limits.count(); ++i) {
    if (limits.level(i) > level) continue;
    if (limits.level(i) == level) {
      lower_(i) = limits.lower(i);
      upper_(i) = limits.upper(i);
    }
    const double margin = kRounding * (1.0 + std::abs(values(i)));
    lower_(i) = std::min(lower_(i), values(i) - margin);
    upper_(i) = std::max(upper_(i), values(i) + margin);
  }
}

void Hierarchy::finish(const Limits& limits, Outcome& outcome) {
  auto values = values_.head(limits.count());
  limits.evaluate(x_.head(n_), values);
  outcome.active = 0;
  for (int i = 0; i < limits.count(); ++i) {
    const double tolerance = kAtLimit * (1.0 + std::abs(values(i)));
    outcome.active +=
        values(i) <= limits.lower(i) + tolerance || values(i) >= limits.upper(i) - tolerance;
  }
}

Hierarchy::Outcome Hierarchy::solve_weighted(const Stack& stack, Physics& physics,
                                             const Limits& limits, double regularization) {
  Outcome outcome;
  begin(physics, limits);
  int count = 0;
  for (const auto& level : stack) count = project(level, count);
  const Eigen::Map<const Eigen::MatrixXd> projected(projected_.data(), columns_, count);
  Eigen::Map<Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
  hessian.setZero();
  hessian.diagonal().setConstant(regularization);
  hessian.selfadjointView<Eigen::Lower>().rankUpdate(projected);
  gradient_.head(columns_).noalias() = -projected * residual_.head(count);
  // The regularisation is of x itself, and the origin has no component along the basis.
  outcome.status = solve_level(limits, 0, static_cast<int>(stack.size()), columns_, outcome);
  if (outcome.status == QpStatus::kSolved) finish(limits, outcome);
  return outcome;
}

Hierarchy::Outcome Hierarchy::solve_strict(const Stack& stack, Physics& physics,
                                           const Limits& limits) {
  Outcome outcome;
  begin(physics, limits);
  cascade(stack);
  // Where the limits do not bind there is no QP to solve.
  const bool inside = feasible(limits);
  if (!inside) {
    begin(physics, limits);
    descend(stack, limits, outcome);
  }
  if (outcome.status == QpStatus::kSolved) finish(limits, outcome);
  return outcome;
}

void Hierarchy::cascade(const Stack& stack) {
  int seen = 0, first = 0;
  levels_.clear();
  for (const auto& level : stack) {
    const int count = project(level, 0);
    null_space_.transposed(columns_, count) =
        Eigen::Map<const Eigen::MatrixXd>(projected_.data(), columns_, count);
    const int rank = null_space_.factorise(scale_);
    Eigen::Map<Eigen::MatrixXd> basis(basis_, n_, columns_);
    null_space_.rotate(basis);
    null_space_.solve(residual_.head(count), y_.segment(first, rank));
    x_.head(n_).noalias() += basis.leftCols(rank) * y_.segment(first, rank);
    null_space_.seen(Eigen::Map<Eigen::MatrixXd>(seen_.data() + seen, count, rank));
    levels_.push_back({count, rank, seen});
    seen += count * rank;
    first += rank;
    basis_ += n_ * rank;
    columns_ -= rank;
  }
  y_.segment(first, columns_).setZero();
}

void Hierarchy::descend(const Stack& stack, const Limits& limits, Outcome& outcome) {
  // y_ is where the cascade would go from here. What a level does not see is drawn there weakly,
  // so that only limits that matter at the end have to become active.
  double* wanted = y_.data();
  for (std::size_t k = 0; k < levels_.size(); ++k) {
    const auto [count, rank, offset] = levels_[k];
    const int level = static_cast<int>(k);
    if (rank == 0 && k > 0 && !has_inequality(stack[k])) continue;
    level_residual(stack[k]);
    const auto residual = residual_.head(count);
    const Eigen::Map<const Eigen::MatrixXd> seen(seen_.data() + offset, count, rank);
    Eigen::Map<Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
    hessian.setZero();
    auto corner = hessian.topLeftCorner(rank, rank);
    corner.triangularView<Eigen::Lower>() = seen.transpose() * seen;
    gradient_.head(rank).noalias() = -seen.transpose() * residual;
    const double scale = rank > 0 ? corner.trace() / rank : 1.0;
    QpStatus status = QpStatus::kInfeasible;
    for (const double weight : kUnseen) {
      hessian.diagonal().tail(columns_ - rank).setConstant(weight * scale);
      gradient_.segment(rank, columns_ - rank) =
          -weight * scale * Eigen::Map<Eigen::VectorXd>(wanted + rank, columns_ - rank);
      status = solve_level(limits, level, level, rank, outcome);
      if (status == QpStatus::kSolved) break;
    }
    if (status != QpStatus::kSolved) {
      // Where an earlier level left a point within all limits, the rest of the stack is dropped.
      if (k == 0) outcome.status = status;
      outcome.dropped = k > 0;
      return;
    }
    hold(limits, level);
    Eigen::Map<Eigen::VectorXd>(wanted, columns_) -= z_.head(columns_);
    wanted += rank;
    basis_ += n_ * rank;
    columns_ -= rank;
  }
}

}  // namespace surefoot
