#include "wbc/hierarchy.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot {
namespace {

constexpr double kFeasibility = 1e-9;  // relative, when a candidate is tested against the limits
// Relative weights of directions that a level does not see: the first is exact to rounding, the
// second survives nearly dependent limits, with a bias.
constexpr double kUnseen[] = {1e-10, 1e-6};
constexpr double kBias = 1e-12;        // relative, of a level's squared residual
constexpr int kPasses = 8;             // of taking the bias of unseen directions away
constexpr double kDetermined = 1e-10;  // relative size of a row in what is left free
constexpr double kRounding = 1e-11;    // relative, that a level's limits may slip
constexpr double kAtLimit = 1e-7;      // relative, when active limits are counted

}  // namespace

Hierarchy::Hierarchy(int max_unknowns, int max_task_rows, int levels, const Limits& limits)
    : qp_(max_unknowns, limits.max_count()),
      elastic_(max_unknowns + limits.max_count(), limits.max_count()),
      null_space_(max_unknowns, std::max(max_task_rows, 1)),
      rows_(max_unknowns),
      elastic_rows_(max_unknowns),
      x_(max_unknowns),
      z_(max_unknowns),
      residual_(max_task_rows),
      values_(limits.max_count()),
      y_(max_unknowns),
      elastic_gradient_(Eigen::VectorXd::Zero(max_unknowns + limits.max_count())),
      projected_(static_cast<std::size_t>(max_unknowns) * static_cast<std::size_t>(max_task_rows)),
      hessian_(max_unknowns * max_unknowns),
      elastic_hessian_((max_unknowns + limits.max_count()) * (max_unknowns + limits.max_count())),
      gradient_(max_unknowns),
      row_change_(max_unknowns),
      seen_(max_unknowns * max_task_rows) {
  levels_.reserve(static_cast<std::size_t>(levels));
}

void Hierarchy::Rows::set(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
                          const double* basis, int unknowns, int columns, int least_soft_rank) {
  limits_ = &limits;
  origin_ = origin.data();
  basis_ = basis;
  unknowns_ = unknowns;
  columns_ = columns;
  least_soft_rank_ = least_soft_rank;
  soft_ = 0;
  for (int i = 0; i < limits.count(); ++i) soft_ += limits.rank(i) >= least_soft_rank;
}

int Hierarchy::Rows::count() const { return limits_->count(); }

void Hierarchy::Rows::evaluate(const Eigen::Ref<const Eigen::VectorXd>& z,
                               Eigen::Ref<Eigen::VectorXd> values) const {
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, unknowns_, columns_);
  x_.head(unknowns_) = Eigen::Map<const Eigen::VectorXd>(origin_, unknowns_);
  x_.head(unknowns_).noalias() += basis * z.head(columns_);
  limits_->evaluate(x_.head(unknowns_), values);
  int slack = columns_;
  if (soft_ == 0) return;
  for (int i = 0; i < limits_->count(); ++i)
    if (limits_->rank(i) >= least_soft_rank_) values(i) += z(slack++);
}

void Hierarchy::Rows::row(int index, Eigen::Ref<Eigen::VectorXd> out) const {
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, unknowns_, columns_);
  const Limits::Row run = limits_->row(index, row_.head(unknowns_));
  out.head(columns_).noalias() =
      basis.middleRows(run.first, run.size).transpose() * row_.segment(run.first, run.size);
  // What is left of a row that the levels above determine is rounding; it must read as zero.
  const double size = row_.segment(run.first, run.size).squaredNorm();
  if (out.head(columns_).squaredNorm() < kDetermined * kDetermined * size)
    out.head(columns_).setZero();
  if (soft_ == 0) return;
  out.tail(soft_).setZero();
  if (limits_->rank(index) < least_soft_rank_) return;
  int slack = columns_;
  for (int i = 0; i < index; ++i) slack += limits_->rank(i) >= least_soft_rank_;
  out(slack) = 1.0;
}

void Hierarchy::begin(Physics& physics) {
  n_ = physics.unknowns();
  columns_ = physics.free();
  basis_ = physics.basis().data();
  x_.head(n_) = physics.particular();
}

void Hierarchy::level_residual(const std::vector<std::shared_ptr<Task>>& level) {
  int row = 0;
  for (const auto& task : level) {
    const int count = task->rows().count;
    auto residual = residual_.segment(row, count);
    task->evaluate(x_.head(n_), residual);
    residual = -residual.cwiseProduct(task->rows().weight.head(count).cwiseSqrt());
    row += count;
  }
}

int Hierarchy::project(const std::vector<std::shared_ptr<Task>>& level, int row) {
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, n_, columns_);
  scale_ = 0.0;
  for (const auto& task : level) {
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

QpStatus Hierarchy::solve_level(Limits& limits, int rank, Outcome& outcome) {
  const Eigen::Map<const Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, n_, columns_);
  QpStatus status = QpStatus::kInfeasible;
  for (int attempt = 0; attempt < 2; ++attempt) {
    rows_.set(limits, x_.head(n_), basis_, n_, columns_, Limits::kRanks);
    status = qp_.solve(hessian, gradient_.head(columns_), rows_, limits.lower.head(limits.count()),
                       limits.upper.head(limits.count()));
    outcome.iterations += qp_.iterations();
    if (status != QpStatus::kInfeasible || attempt == 1) break;
    const double slack = relax(limits, outcome);
    if (!(slack >= 0.0)) break;
    outcome.slack = std::max(outcome.slack, slack);
  }
  // The small weight of unseen directions is a proximal term: solving again around the last point
  // takes its bias away. It is worth it only where limits made those directions go far.
  const int unseen = columns_ - rank;
  auto change = row_change_.head(columns_);
  change.head(rank).setZero();
  for (int pass = 0; pass < kPasses && unseen > 0 && status == QpStatus::kSolved; ++pass) {
    const double weight = hessian(columns_ - 1, columns_ - 1);
    auto pull = gradient_.segment(rank, unseen);
    change.tail(unseen) = -weight * qp_.x().tail(unseen) - pull;
    if (qp_.active() == 0 || change.norm() <= kBias) break;
    pull += change.tail(unseen);
    const auto lower = limits.lower.head(limits.count()), upper = limits.upper.head(limits.count());
    if (!qp_.resolve(change, rows_, lower, upper))
      status = qp_.solve(hessian, gradient_.head(columns_), rows_, lower, upper);
    outcome.iterations += qp_.iterations();
  }
  if (status == QpStatus::kSolved) {
    if (check_kkt) outcome.kkt = std::max(outcome.kkt, kkt_residual(limits));
    z_.head(columns_) = qp_.x();
    x_.head(n_).noalias() += basis * z_.head(columns_);
  }
  return status;
}

double Hierarchy::kkt_residual(const Limits& limits) {
  const Eigen::Map<const Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
  const auto multipliers = qp_.multipliers();
  auto z = z_.head(columns_), stationarity = y_.head(columns_),
       row = elastic_gradient_.head(columns_);
  z = qp_.x();
  stationarity = gradient_.head(columns_);
  stationarity.noalias() += hessian.selfadjointView<Eigen::Lower>() * z;
  double scale = 1.0 + gradient_.head(columns_).cwiseAbs().maxCoeff(), worst = 0.0;
  rows_.evaluate(z, values_.head(limits.count()));
  for (int i = 0; i < limits.count(); ++i) {
    const double tolerance = 1.0 + std::abs(values_(i)), multiplier = multipliers(i);
    const double below = limits.lower(i) - values_(i), above = values_(i) - limits.upper(i);
    worst = std::max({worst, below / tolerance, above / tolerance});
    if (multiplier == 0.0) continue;
    worst = std::max(worst, std::abs(multiplier > 0.0 ? above : below) / tolerance);
    rows_.row(i, row);
    stationarity += multiplier * row;
    scale = std::max(scale, std::abs(multiplier) * row.cwiseAbs().maxCoeff());
  }
  elastic_gradient_.setZero();
  return columns_ > 0 ? std::max(worst, stationarity.cwiseAbs().maxCoeff() / scale) : worst;
}

double Hierarchy::relax(Limits& limits, Outcome& outcome) {
  constexpr double kTie = 1e-9;  // prefers the smallest motion among equal slacks
  const int count = limits.count();
  for (int rank = Limits::kRanks - 1; rank >= 0; --rank) {
    elastic_rows_.set(limits, x_.head(n_), basis_, n_, columns_, rank);
    const int size = columns_ + elastic_rows_.soft();
    Eigen::Map<Eigen::MatrixXd> hessian(elastic_hessian_.data(), size, size);
    hessian.setIdentity();
    hessian.diagonal().head(columns_).setConstant(kTie);
    const QpStatus status = elastic_.solve(hessian, elastic_gradient_.head(size), elastic_rows_,
                                           limits.lower.head(count), limits.upper.head(count));
    outcome.iterations += elastic_.iterations();
    if (status != QpStatus::kSolved) continue;
    double largest = 0.0;
    int slack = columns_;
    for (int i = 0; i < count; ++i) {
      if (limits.rank(i) < rank) continue;
      const double give = elastic_.x()(slack++);
      const double margin = kFeasibility * (1.0 + std::abs(give));
      largest = std::max(largest, std::abs(give));
      // The elastic value row + give is within bounds, so row itself is within these.
      if (give > margin) limits.lower(i) -= give + margin;
      if (give < -margin) limits.upper(i) += -give + margin;
    }
    return largest;
  }
  return -1.0;
}

void Hierarchy::hold(Limits& limits) {
  auto values = values_.head(limits.count());
  limits.evaluate(x_.head(n_), values);
  for (int i = 0; i < limits.count(); ++i) {
    const double margin = kRounding * (1.0 + std::abs(values(i)));
    limits.lower(i) = std::min(limits.lower(i), values(i) - margin);
    limits.upper(i) = std::max(limits.upper(i), values(i) + margin);
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

Hierarchy::Outcome Hierarchy::solve_weighted(const Stack& stack, Physics& physics, Limits& limits,
                                             double regularization) {
  Outcome outcome;
  begin(physics);
  int count = 0;
  for (const auto& level : stack) count = project(level, count);
  const Eigen::Map<const Eigen::MatrixXd> projected(projected_.data(), columns_, count);
  Eigen::Map<Eigen::MatrixXd> hessian(hessian_.data(), columns_, columns_);
  hessian.setZero();
  hessian.diagonal().setConstant(regularization);
  hessian.selfadjointView<Eigen::Lower>().rankUpdate(projected);
  gradient_.head(columns_).noalias() = -projected * residual_.head(count);
  // The regularisation is of x itself, and the origin has no component along the basis.
  outcome.status = solve_level(limits, columns_, outcome);
  if (outcome.status == QpStatus::kSolved) finish(limits, outcome);
  return outcome;
}

Hierarchy::Outcome Hierarchy::solve_strict(const Stack& stack, Physics& physics, Limits& limits) {
  Outcome outcome;
  begin(physics);
  cascade(stack);
  // Where the limits do not bind there is no QP to solve.
  const bool inside = feasible(limits);
  if (!inside) {
    begin(physics);
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

void Hierarchy::descend(const Stack& stack, Limits& limits, Outcome& outcome) {
  // y_ is where the cascade would go from here. What a level does not see is drawn there weakly,
  // so that only limits that matter at the end have to become active.
  double* wanted = y_.data();
  for (std::size_t k = 0; k < levels_.size(); ++k) {
    const auto [count, rank, offset] = levels_[k];
    if (rank == 0 && k > 0) continue;
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
      status = solve_level(limits, rank, outcome);
      if (status == QpStatus::kSolved) break;
    }
    if (status != QpStatus::kSolved) {
      // Where an earlier level left a point within all limits, the rest of the stack is dropped.
      if (k == 0) outcome.status = status;
      outcome.dropped = k > 0;
      return;
    }
    hold(limits);
    Eigen::Map<Eigen::VectorXd>(wanted, columns_) -= z_.head(columns_);
    wanted += rank;
    basis_ += n_ * rank;
    columns_ -= rank;
  }
}

}  // namespace surefoot
