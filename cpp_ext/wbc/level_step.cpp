#include "wbc/level_step.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot {
namespace {

constexpr double kTolerance = 1e-10;  // of multipliers, relative to the gradient of the tasks
constexpr double kNoise = 1e-13;      // of factorised rows, relative
// A task uses whatever it sees: stopping short in a weak direction would miss its optimum.
constexpr double kSeen = 1e-12;
constexpr double kPoint = 1e-3;  // share of the point's size in it: rounding of residuals

}  // namespace

LevelStep::LevelStep(int max_unknowns, int max_rows)
    : rows_(max_unknowns, max_unknowns),
      tasks_(max_unknowns, std::max(max_rows, 1)),
      projection_(max_unknowns, max_rows),
      row_(max_unknowns),
      projected_(max_unknowns),
      target_(max_unknowns),
      y_(max_unknowns),
      residual_(max_rows),
      multiplier_(max_unknowns) {}

void LevelStep::solve(const TaskLevel& tasks, int level, const Limits& limits,
                      std::vector<ActiveRow>& active, double* basis_data, int columns,
                      Eigen::Ref<Eigen::VectorXd> x) {
  const auto n = x.size();
  unknowns_ = static_cast<int>(n);
  Eigen::Map<Eigen::MatrixXd> basis(basis_data, n, columns);
  held_ = own_ = fixed_ = 0;
  for (const auto& row : active) {
    if (row.level != level) continue;
    if (limits.level(row.index) == level)
      ++own_;
    else
      ++held_;
  }
  held_ = std::min(held_, columns);
  if (held_ > 0) {
    auto rows = rows_.transposed(columns, held_);
    int count = 0;
    double largest = 0.0;
    for (const auto& row : active) {
      if (row.level != level || limits.level(row.index) == level || count == held_) continue;
      const auto run = limits.row(row.index, row_.head(n));
      const auto values = row_.segment(run.first, run.size);
      rows.col(count).noalias() = basis.middleRows(run.first, run.size).transpose() * values;
      target_(count++) = row.bound - values.dot(x.segment(run.first, run.size));
      largest = std::max(largest, values.norm());
    }
    const int rank = rows_.factorise(largest, kNoise);
    fixed_ = rows_.depth();
    rows_.rotate(basis);
    rows_.solve(target_.head(held_), y_.head(rank));
    x.noalias() += basis.leftCols(rank) * y_.head(rank);
  }
  projection_.clear(columns);
  projection_.add(tasks, basis_data, x);
  if (own_ > 0)
    for (const auto& row : active) {
      if (row.level != level || limits.level(row.index) != level) continue;
      const auto run = limits.row(row.index, row_.head(n));
      const auto values = row_.segment(run.first, run.size);
      const double weight = std::sqrt(limits.weight(row.index));
      auto projected = projected_.head(columns);
      projected.noalias() = weight * (basis.middleRows(run.first, run.size).transpose() * values);
      projection_.add(projected, weight * (row.bound - values.dot(x.segment(run.first, run.size))),
                      weight * values.norm());
    }
  const int rest = columns - fixed_;
  tasks_.transposed(rest, projection_.rows()) = projection_.transposed().bottomRows(rest);
  const int rank = tasks_.factorise(projection_.scale(), kNoise, kSeen);
  rank_ = tasks_.depth();
  auto free = basis.rightCols(rest);
  tasks_.solve(projection_.residual(), y_.head(rank));
  y_.segment(rank, rank_ - rank).setZero();
  if (rank_ < rest) {
    tasks_.rotate(free);
  } else {
    // Nothing is left, so no one asks for other axes: only the step is turned.
    tasks_.apply(y_.head(rest));
  }
  x.noalias() += free.leftCols(rank_) * y_.head(rank_);
  if (held_ + own_ > 0) multipliers(tasks, level, limits, active, x);
}

Eigen::Ref<const Eigen::VectorXd> LevelStep::shares(const Limits& limits, int index,
                                                    const double* basis_data, int columns) {
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_data, unknowns_, columns);
  const auto run = limits.row(index, row_.head(unknowns_));
  auto along = y_.head(rows_.rank());
  along.noalias() = basis.leftCols(rows_.rank()).middleRows(run.first, run.size).transpose() *
                    row_.segment(run.first, run.size);
  rows_.solve_transposed(along, multiplier_.head(held_));
  return multiplier_.head(held_);
}

void LevelStep::multipliers(const TaskLevel& tasks, int level, const Limits& limits,
                            std::vector<ActiveRow>& active,
                            const Eigen::Ref<const Eigen::VectorXd>& x) {
  const int equalities = weighted_residual(tasks, x, residual_);
  const auto n = x.size();
  int own = equalities, held = 0;
  for (auto& row : active) {
    if (row.level != level || limits.level(row.index) != level) continue;
    const auto run = limits.row(row.index, row_.head(n));
    const double weight = std::sqrt(limits.weight(row.index));
    const double miss =
        row.bound - row_.segment(run.first, run.size).dot(x.segment(run.first, run.size));
    residual_(own++) = weight * miss;
    row.multiplier = -row.side * weight * weight * miss;
  }
  // The gradient of the level is -P r; along what the active rows fix they must balance it.
  const auto residual = residual_.head(own);
  auto pull = y_.head(rows_.rank());
  if (held_ > 0) pull.noalias() = projection_.transposed().topRows(rows_.rank()) * residual;
  tolerance_ = kTolerance * projection_.scale() * (residual.norm() + kPoint * (1.0 + x.norm()));
  if (held_ > 0) rows_.solve_transposed(pull, multiplier_.head(held_));
  for (auto& row : active) {
    if (row.level != level || limits.level(row.index) == level) continue;
    row.multiplier = held < held_ ? row.side * multiplier_(held) : 0.0;
    ++held;
  }
}

}  // namespace surefoot
