#pragma once
#include <Eigen/Core>
#include <vector>

#include "wbc/level_qp.hpp"
#include "wbc/level_step.hpp"
#include "wbc/limits.hpp"
#include "wbc/physics.hpp"
#include "wbc/task_projection.hpp"

namespace surefoot {

/// The lexicographic optimum of a stack within the limits: level k moves only where the levels
/// above it are at their optimum all the same (A. Escande, N. Mansard and P.-B. Wieber,
/// "Hierarchical quadratic programming", IJRR 33(7), 2014).
///
/// A set of active rows, each held by one level, is optimal if the point that it determines is
/// within all limits and each row's multiplier at the level that holds it has the right sign:
/// then every level is at its minimum over what those above leave it. Rows that a level holds are
/// equalities for the levels below, so nothing degenerates. The set of the last tick is tried
/// first and corrected in a few sweeps; where that does not end, every level solves a QP and is
/// led from its solution to the exact optimum by a primal active-set method.
class SUREFOOT_API Lexicographic {
 public:
  Lexicographic(int max_unknowns, int max_task_rows, int levels, const Limits& limits);

  /// x: the solution. `qp` holds the limits afterwards, as far as they gave way.
  StackOutcome solve(const Stack& stack, Physics& physics, const Limits& limits, LevelQp& qp,
                     Eigen::Ref<Eigen::VectorXd> x);
  void forget() { last_size_ = 0; }  ///< the last tick

  bool check_kkt = false;  ///< fill StackOutcome::kkt

 private:
  const TaskLevel& tasks(const Stack& stack, int level) const {
    return level < levels_ ? stack[static_cast<std::size_t>(level)] : nothing_;
  }
  auto start(int level) { return start_.col(level).head(n_); }
  double* block(int level) { return basis_ + n_ * place(level).column; }

  struct Place {
    int column = 0, fixed = 0;  ///< of the basis: first of the level, taken by its active rows
  };
  Place& place(int level) { return places_[static_cast<std::size_t>(level)]; }

  double bound(const Limits& limits, const LevelQp& qp, int index, double side) const;
  void refresh(const Limits& limits, const LevelQp& qp);
  /// Dual active-set method: sweeps through the levels, adds the row that is violated most to the
  /// lowest level that can hold it, and drops rows whose multipliers vanish on the way.
  bool correct(const Stack& stack, const Limits& limits, const LevelQp& qp, StackOutcome& outcome);
  bool sweep(int first, const Stack& stack, const Limits& limits, StackOutcome& outcome);
  bool drop_first_wrong(int level);
  /// Returns the first level that changes: beyond the last if there is nothing to add, -1 if no
  /// level can hold the row.
  int add_most_violated(const Limits& limits, const LevelQp& qp);
  bool add(const Limits& limits, const LevelQp& qp, int index, double side, int* first);
  /// Makes room for a row that depends on the active rows of a level; if none may leave, marks
  /// those that must be held together with it by a level above.
  bool exchange(const Limits& limits, int index, int level, double side, int* promoted);

  void descend(const Stack& stack, const Limits& limits, LevelQp& qp, StackOutcome& outcome);
  /// Takes another solver's solution of a level.
  void accept(const TaskLevel& level_tasks, int level, const Limits& limits, LevelQp& qp);
  /// From a point within the limits to the optimum of a level.
  bool refine(const TaskLevel& level_tasks, int level, const Limits& limits, const LevelQp& qp,
              StackOutcome& outcome);
  /// Rows of the level itself that its point violates no longer, or newly.
  bool turn_kinks(int level, const Limits& limits);
  bool drop_worst(int level, bool smallest_index);
  bool drop_weak(int level);
  bool block_step(int level, const Limits& limits, const LevelQp& qp, bool smallest_index);
  ActiveRow* find(int index);
  void erase(const ActiveRow& row);

  double kkt_residual(const Stack& stack, const Limits& limits, const LevelQp& qp);

  int n_ = 0, free_ = 0, levels_ = 0, last_size_ = 0, leaving_ = 0;
  double* basis_ = nullptr;
  LevelStep step_;
  TaskProjection projection_;
  std::vector<Place> places_;
  std::vector<ActiveRow> active_;
  std::vector<int> dropped_;  // level at which a limit was found not to matter in this tick
  Eigen::MatrixXd start_;     // the point before each level
  Eigen::VectorXd x_, trial_, last_, values_, trial_values_, row_, work_;
  TaskLevel nothing_;
};

}  // namespace surefoot
