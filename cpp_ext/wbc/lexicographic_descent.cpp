#include <algorithm>
#include <cmath>

#include "wbc/lexicographic.hpp"

namespace surefoot {
namespace {

constexpr double kFeasibility = 1e-10;  // relative, by which a row may miss its bounds
// Relative weight in a level's QP of directions that the level may not see.
constexpr double kUnseen = 1e-6;
constexpr double kAccepted = 1e-9;  // relative room that other solvers get around their solution
constexpr int kSteps = 3;           // a column, of the primal method

}  // namespace

void Lexicographic::descend(const Stack& stack, const Limits& limits, LevelQp& qp,
                            StackOutcome& outcome) {
  active_.clear();
  x_.head(n_) = start(0);
  for (int level = 0; level < levels_; ++level) {
    const TaskLevel& level_tasks = tasks(stack, level);
    const int columns = free_ - place(level).column;
    const Eigen::Map<const Eigen::MatrixXd> basis(block(level), n_, columns);
    place(level).fixed = 0;
    projection_.clear(columns);
    projection_.add(level_tasks, block(level), x_.head(n_));
    auto hessian = qp.hessian(columns);
    auto gradient = qp.gradient(columns);
    hessian.setZero();
    projection_.add_square(hessian);
    const double weight = columns > 0 ? kUnseen * std::max(hessian.trace() / columns, 1e-12) : 0.0;
    hessian.diagonal().array() += weight;
    // What the level does not see is drawn weakly to the last solution.
    trial_.head(n_) = last_.head(n_) - x_.head(n_);
    gradient.noalias() = -projection_.transposed() * projection_.residual();
    gradient.noalias() -= weight * (basis.transpose() * trial_.head(n_));
    const QpStatus status =
        qp.solve(limits, x_.head(n_), block(level), columns, level, level, outcome);
    if (status == QpStatus::kSolved) {
      if (check_kkt && qp.backend != nullptr)
        outcome.kkt = std::max(outcome.kkt, qp.kkt_residual(limits));
      x_.head(n_).noalias() += basis * qp.z();
      if (qp.backend != nullptr) {
        accept(level_tasks, level, limits, qp);
        continue;
      }
      for (int i = 0; i < limits.count(); ++i) {
        if (qp.multiplier(i) == 0.0 || limits.level(i) > level) continue;
        const double side = qp.multiplier(i) > 0.0 ? 1.0 : -1.0;
        active_.push_back({i, level, side, side > 0.0 ? qp.upper(i) : qp.lower(i)});
      }
    } else if (level == 0) {
      outcome.status = status;
      return;
    }
    if (!refine(level_tasks, level, limits, qp, outcome)) outcome.inexact = true;
    place(level).fixed = step_.fixed();
    place(level + 1).column = place(level).column + step_.fixed() + step_.rank();
    qp.harden(limits, level, x_.head(n_));
  }
  place(levels_).fixed = 0;
  if (!x_.head(n_).allFinite()) outcome.status = QpStatus::kNotConvex;
}

void Lexicographic::accept(const TaskLevel& level_tasks, int level, const Limits& limits,
                           LevelQp& qp) {
  // The solution as it came; only the basis is turned, to what the level does not see.
  trial_.head(n_) = x_.head(n_);
  step_.solve(level_tasks, level, limits, active_, block(level), free_ - place(level).column,
              trial_.head(n_));
  place(level + 1).column = place(level).column + step_.rank();
  qp.harden(limits, level, x_.head(n_));
  limits.evaluate(x_.head(n_), values_.head(limits.count()));
  for (int i = 0; i < limits.count(); ++i) {
    if (limits.level(i) > level) continue;
    const double margin = kAccepted * (1.0 + std::abs(values_(i)));
    qp.lower(i) = std::min(qp.lower(i), values_(i) - margin);
    qp.upper(i) = std::max(qp.upper(i), values_(i) + margin);
  }
}

bool Lexicographic::refine(const TaskLevel& level_tasks, int level, const Limits& limits,
                           const LevelQp& qp, StackOutcome& outcome) {
  const int columns = free_ - place(level).column, most = kSteps * columns + 10;
  const auto step = [&] {
    trial_.head(n_) = x_.head(n_);
    step_.solve(level_tasks, level, limits, active_, block(level), columns, trial_.head(n_));
    ++outcome.iterations;
  };
  for (int count = 0; count < most; ++count) {
    const bool smallest = count > columns;  // index: against cycles (Bland's rule)
    step();
    if (block_step(level, limits, qp, smallest)) continue;
    x_.head(n_) = trial_.head(n_);
    if (turn_kinks(level, limits) || drop_worst(level, smallest)) continue;
    // Rows without multiplier do not matter to this level: those below may leave them.
    if (drop_weak(level)) step();
    return true;
  }
  step();  // splits the basis for the active rows as they are
  return false;
}

bool Lexicographic::block_step(int level, const Limits& limits, const LevelQp& qp,
                               bool smallest_index) {
  const int count = limits.count();
  limits.evaluate(x_.head(n_), values_.head(count));
  limits.evaluate(trial_.head(n_), trial_values_.head(count));
  double shortest = 1.0, side = 1.0;
  int blocking = -1;
  for (int i = 0; i < count; ++i) {
    const double to = trial_values_(i), from = values_(i);
    const double tolerance = kFeasibility * (1.0 + std::abs(to));
    const bool above = to > qp.upper(i) + tolerance, below = to < qp.lower(i) - tolerance;
    if ((!above && !below) || limits.level(i) >= level || find(i) != nullptr) continue;
    const double bound = above ? qp.upper(i) : qp.lower(i);
    const double length = std::abs(to - from) > 0.0 ? (bound - from) / (to - from) : 0.0;
    const double part = std::clamp(length, 0.0, 1.0);
    if (part > shortest || (blocking >= 0 && part == shortest && smallest_index)) continue;
    shortest = part;
    side = above ? 1.0 : -1.0;
    blocking = i;
  }
  if (blocking < 0) return false;
  x_.head(n_) += shortest * (trial_.head(n_) - x_.head(n_));
  active_.push_back({blocking, level, side, side > 0.0 ? qp.upper(blocking) : qp.lower(blocking)});
  return true;
}

bool Lexicographic::turn_kinks(int level, const Limits& limits) {
  bool turned = false;
  if (limits.hard_count() == limits.count()) return false;
  limits.evaluate(x_.head(n_), values_.head(limits.count()));
  for (int i = limits.hard_count(); i < limits.count(); ++i) {
    if (limits.level(i) != level) continue;
    const double tolerance = kFeasibility * (1.0 + std::abs(values_(i)));
    const double above = values_(i) - limits.upper(i), below = limits.lower(i) - values_(i);
    ActiveRow* row = find(i);
    if (row != nullptr && (row->side > 0.0 ? above : below) < -tolerance) {
      erase(*row);
      turned = true;
    } else if (row == nullptr && std::max(above, below) > tolerance) {
      const double side = above > below ? 1.0 : -1.0;
      active_.push_back({i, level, side, side > 0.0 ? limits.upper(i) : limits.lower(i)});
      turned = true;
    }
  }
  return turned;
}

bool Lexicographic::drop_worst(int level, bool smallest_index) {
  ActiveRow* worst = nullptr;
  for (auto& row : active_) {
    if (row.level != level || row.multiplier >= -step_.tolerance()) continue;
    const bool better = worst == nullptr || (smallest_index ? row.index < worst->index
                                                            : row.multiplier < worst->multiplier);
    if (better) worst = &row;
  }
  if (worst == nullptr) return false;
  erase(*worst);
  return true;
}

bool Lexicographic::drop_weak(int level) {
  bool any = false;
  for (std::size_t i = active_.size(); i-- > 0;) {
    if (active_[i].level != level || active_[i].multiplier > step_.tolerance()) continue;
    erase(active_[i]);
    any = true;
  }
  return any;
}

}  // namespace surefoot
