#include "wbc/lexicographic.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot {
namespace {

constexpr double kFeasibility = 1e-10;  // relative, by which a row may miss its bounds
constexpr double kVisible = 1e-3;       // relative part of a row that a level must see to hold it
constexpr double kShare = 1e-6;         // of a held row in one that depends on it
// Correcting the last tick's active rows ends in favour of a QP a level, which is faster then:
constexpr int kRounds = 5;          // after as many sweeps,
constexpr int kLeaving = 4;         // as many rows leaving,
constexpr int kShareOfColumns = 3;  // or a change at a level that has more than a third of them

}  // namespace

Lexicographic::Lexicographic(int max_unknowns, int max_task_rows, int levels, const Limits& limits)
    : levels_(levels),
      step_(max_unknowns, max_task_rows),
      projection_(max_unknowns, max_task_rows),
      places_(static_cast<std::size_t>(levels) + 2),
      dropped_(static_cast<std::size_t>(limits.max_count())),
      start_(max_unknowns, levels + 2),
      x_(max_unknowns),
      trial_(max_unknowns),
      last_(max_unknowns),
      values_(limits.max_count()),
      trial_values_(limits.max_count()),
      row_(max_unknowns),
      work_(max_unknowns) {
  active_.reserve(static_cast<std::size_t>(limits.max_count()) + 1);
}

StackOutcome Lexicographic::solve(const Stack& stack, Physics& physics, const Limits& limits,
                                  LevelQp& qp, Eigen::Ref<Eigen::VectorXd> x) {
  StackOutcome outcome;
  n_ = physics.unknowns();
  free_ = physics.free();
  basis_ = physics.basis().data();
  place(0) = {};
  start(0) = physics.particular();
  qp.begin(limits);
  if (!limits.same_rows() || last_size_ != n_) {
    active_.clear();
    last_.head(n_) = physics.particular();
  }
  refresh(limits, qp);
  if (qp.backend != nullptr || !correct(stack, limits, qp, outcome)) {
    qp.begin(limits);
    descend(stack, limits, qp, outcome);
  }
  last_size_ = 0;
  if (outcome.status != QpStatus::kSolved) return outcome;
  last_size_ = n_;
  last_.head(n_) = x = x_.head(n_);
  if (check_kkt && qp.backend == nullptr) outcome.kkt = kkt_residual(stack, limits, qp);
  return outcome;
}

ActiveRow* Lexicographic::find(int index) {
  for (auto& row : active_)
    if (row.index == index) return &row;
  return nullptr;
}

void Lexicographic::erase(const ActiveRow& row) {
  active_.erase(active_.begin() + (&row - active_.data()));
}

double Lexicographic::bound(const Limits& limits, const LevelQp& qp, int index, double side) const {
  // A soft row aims at its own bounds; a hard one may have had to give way.
  if (limits.level(index) >= 0) return side > 0.0 ? limits.upper(index) : limits.lower(index);
  return side > 0.0 ? qp.upper(index) : qp.lower(index);
}

void Lexicographic::refresh(const Limits& limits, const LevelQp& qp) {
  std::fill(dropped_.begin(), dropped_.end(), -1);
  for (std::size_t i = active_.size(); i-- > 0;) {
    ActiveRow& row = active_[i];
    row.bound = bound(limits, qp, row.index, row.side);
    row.pinned = row.promoted = false;
    if (!std::isfinite(row.bound)) erase(row);
  }
}

bool Lexicographic::drop_first_wrong(int level) {
  // The multipliers went from `previous` towards `multiplier`; the first to vanish leaves.
  ActiveRow* first = nullptr;
  double part = 2.0;
  const double tolerance = step_.tolerance();
  for (auto& row : active_) {
    if (row.level != level || row.multiplier > (row.pinned ? -tolerance : tolerance)) continue;
    const double from = std::max(row.previous, 0.0), change = from - row.multiplier;
    const double length = change > 0.0 ? from / change : 1.0;
    if (length >= part) continue;
    part = length;
    first = &row;
  }
  for (auto& row : active_) {
    if (row.level != level) continue;
    row.previous =
        first == nullptr ? row.multiplier : row.previous + part * (row.multiplier - row.previous);
  }
  if (first == nullptr) return false;
  if (std::abs(first->multiplier) <= tolerance) {
    // It does not matter here: a level below may need it. If none can hold it, it comes back.
    dropped_[static_cast<std::size_t>(first->index)] = level;
    first->previous = 0.0;
    ++first->level;
  } else {
    erase(*first);
  }
  return true;
}

bool Lexicographic::sweep(int first, const Stack& stack, const Limits& limits,
                          StackOutcome& outcome) {
  for (int level = first; level <= levels_; ++level) {
    const int columns = free_ - place(level).column;
    while (true) {
      start(level + 1) = start(level);
      step_.solve(tasks(stack, level), level, limits, active_, block(level), columns,
                  start(level + 1));
      if (level == levels_ || !drop_first_wrong(level)) break;
      ++outcome.iterations;
      if (++leaving_ > kLeaving || kShareOfColumns * columns > free_) return false;
    }
    place(level).fixed = step_.fixed();
    place(level + 1).column = place(level).column + step_.fixed() + step_.rank();
  }
  x_.head(n_) = start(levels_ + 1);
  return x_.head(n_).allFinite();
}

bool Lexicographic::correct(const Stack& stack, const Limits& limits, const LevelQp& qp,
                            StackOutcome& outcome) {
  int first = 0;
  leaving_ = 0;
  for (int round = 0; round < kRounds; ++round) {
    if (!sweep(first, stack, limits, outcome)) return false;
    limits.evaluate(x_.head(n_), values_.head(limits.count()));
    first = add_most_violated(limits, qp);
    if (first > levels_) return true;
    if (first < 0 || kShareOfColumns * (free_ - place(first).column) > free_) return false;
  }
  return false;
}

bool Lexicographic::add(const Limits& limits, const LevelQp& qp, int index, double side,
                        int* first) {
  if (const ActiveRow* row = find(index); row != nullptr) {
    *first = std::min(*first, row->level);  // its level has no freedom left to hold it
    erase(*row);
  }
  if (active_.size() == active_.capacity()) return false;
  const auto run = limits.row(index, row_.head(n_));
  const auto values = row_.segment(run.first, run.size);
  const Eigen::Map<const Eigen::MatrixXd> basis(basis_, n_, free_);
  auto seen = work_.head(free_);
  seen.noalias() = basis.middleRows(run.first, run.size).transpose() * values;
  const double least = kVisible * kVisible * values.squaredNorm();
  // The lowest level that can hold it: below, moving costs nothing that matters above.
  int level = levels_, promoted = 0;
  for (; level >= std::max(limits.level(index), 0); --level) {
    const int begin = place(level).column + place(level).fixed;
    const int end = level == levels_ ? free_ : place(level + 1).column;
    if (seen.segment(begin, end - begin).squaredNorm() > least || level == limits.level(index))
      break;
    if (place(level).fixed == 0) continue;
    // It depends on rows that this level holds: one of them makes room, or they go up with it.
    *first = std::min(*first, level);
    if (exchange(limits, index, level, side, &promoted)) break;
  }
  if (level < 0) return false;
  *first = std::min(*first, level);
  if (promoted > 0)
    for (auto& row : active_)
      if (row.promoted) row.level = std::min(row.level, level);
  active_.push_back({index, level, side, bound(limits, qp, index, side)});
  active_.back().pinned = dropped_[static_cast<std::size_t>(index)] == level;
  return true;
}

bool Lexicographic::exchange(const Limits& limits, int index, int level, double side,
                             int* promoted) {
  const int columns = free_ - place(level).column;
  // The level's factorisation again; the point does not matter.
  trial_.head(n_) = start(level);
  step_.solve(nothing_, level, limits, active_, block(level), columns, trial_.head(n_));
  const auto shares = step_.shares(limits, index, block(level), columns);
  ActiveRow* leaving = nullptr;
  double part = 0.0;
  int held = 0;
  for (auto& row : active_) {
    row.promoted = row.promoted && row.level != level;
    if (row.level != level || limits.level(row.index) == level || held == shares.size()) continue;
    const double share = side * row.side * shares(held++);
    if (std::abs(share) <= kShare) continue;
    row.promoted = true;
    ++*promoted;
    if (share < 0.0 || (leaving != nullptr && row.previous >= part * share)) continue;
    part = row.previous / share;
    leaving = &row;
  }
  if (leaving == nullptr) return false;
  for (auto& row : active_)
    if (row.level == level) row.promoted = false;
  erase(*leaving);
  return true;
}

int Lexicographic::add_most_violated(const Limits& limits, const LevelQp& qp) {
  int worst = -1;
  double most = kFeasibility, side = 1.0;
  for (int i = 0; i < limits.count(); ++i) {
    const double below = bound(limits, qp, i, -1.0) - values_(i);
    const double above = values_(i) - bound(limits, qp, i, 1.0);
    const double violation = std::max(below, above) / (1.0 + std::abs(values_(i)));
    if (violation <= most) continue;
    if (limits.level(i) >= 0) {
      const ActiveRow* row = find(i);
      if (row != nullptr && row->level == limits.level(i)) continue;  // missed as it should be
    }
    worst = i;
    most = violation;
    side = above > below ? 1.0 : -1.0;
  }
  int first = levels_ + 1;
  if (worst >= 0 && !add(limits, qp, worst, side, &first)) return -1;
  return first;
}

double Lexicographic::kkt_residual(const Stack& stack, const Limits& limits, const LevelQp& qp) {
  const auto x = x_.head(n_);
  auto values = values_.head(limits.count());
  limits.evaluate(x, values);
  double worst = 0.0;
  for (int i = 0; i < limits.hard_count(); ++i)
    worst = std::max(worst, std::max(qp.lower(i) - values(i), values(i) - qp.upper(i)) /
                                (1.0 + std::abs(values(i))));
  for (int level = 0; level < levels_; ++level) {
    const int columns = free_ - place(level).column;
    if (columns == 0) continue;
    const Eigen::Map<const Eigen::MatrixXd> basis(block(level), n_, columns);
    projection_.clear(columns);
    projection_.add(tasks(stack, level), block(level), x);
    auto gradient = work_.head(columns);
    gradient.noalias() = -projection_.transposed() * projection_.residual();
    double scale = 1.0 + projection_.scale() * projection_.residual().norm();
    double wrong = 0.0;
    for (int i = 0; i < limits.count(); ++i) {
      double push = 0.0;  // along the row
      if (limits.level(i) == level) {
        const double above = values(i) - limits.upper(i), below = limits.lower(i) - values(i);
        push = limits.weight(i) * (above > 0.0 ? above : below > 0.0 ? -below : 0.0);
      } else if (const ActiveRow* row = find(i); row != nullptr && row->level == level) {
        push = row->side * row->multiplier;
        wrong = std::max(wrong, -row->multiplier);
        worst = std::max(worst, std::abs(values(i) - row->bound) / (1.0 + std::abs(values(i))));
      }
      if (push == 0.0) continue;
      const auto run = limits.row(i, row_.head(n_));
      const auto normal = row_.segment(run.first, run.size);
      gradient.noalias() += push * (basis.middleRows(run.first, run.size).transpose() * normal);
      scale = std::max(scale, std::abs(push) * normal.norm());
    }
    worst = std::max(worst, std::max(wrong, gradient.cwiseAbs().maxCoeff()) / scale);
  }
  return worst;
}

}  // namespace surefoot
