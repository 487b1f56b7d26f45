#pragma once
#include <Eigen/Core>
#include <memory>
#include <vector>

#include "math/dense_qp.hpp"
#include "math/null_space.hpp"
#include "surefoot/wbc/task.hpp"
#include "wbc/level_rows.hpp"
#include "wbc/limits.hpp"
#include "wbc/physics.hpp"

namespace surefoot {

/// Solves a stack of task levels over x = particular + basis z subject to `Limits`.
///
/// `weighted` minimises the weighted squared residuals of all tasks together. `strict` minimises
/// them level by level: level k moves only in the null space of the levels above it, so their
/// residuals stay as they are, while the limits hold at every level (A. Escande, N. Mansard and
/// P.-B. Wieber, "Hierarchical quadratic programming", IJRR 33(7), 2014).
class SUREFOOT_API Hierarchy {
 public:
  Hierarchy(int max_unknowns, int max_task_rows, int levels, const Limits& limits);

  struct Outcome {
    QpStatus status = QpStatus::kSolved;
    int iterations = 0, active = 0;
    double slack = 0.0;    ///< largest amount by which limits had to give way
    double kkt = 0.0;      ///< largest relative optimality residual, if checked
    bool dropped = false;  ///< lower levels were given up for numerical reasons
  };

  Outcome solve_weighted(const Stack& stack, Physics& physics, const Limits& limits,
                         double regularization);
  Outcome solve_strict(const Stack& stack, Physics& physics, const Limits& limits);

  auto x() const { return x_.head(n_); }

  bool check_kkt = false;  ///< fill Outcome::kkt

 private:
  void begin(Physics& physics, const Limits& limits);
  /// Weighted equality rows of a level in the present basis; returns the row after them.
  int project(const TaskLevel& level, int row);
  /// Weighted b - A x of a level's equality rows at the present point, into residual_.
  void level_residual(const TaskLevel& level);
  /// The lexicographic optimum without limits; turns the basis so that each level's columns follow
  /// those of the level above.
  void cascade(const Stack& stack);
  /// Level by level within the limits, on what `cascade` has factorised.
  void descend(const Stack& stack, const Limits& limits, Outcome& outcome);
  bool feasible(const Limits& limits);
  /// Takes a level's soft rows among the hard ones, as far violated as they are, and makes the
  /// present point feasible in spite of rounding, so that the next level can start.
  void hold(const Limits& limits, int level);
  void finish(const Limits& limits, Outcome& outcome);
  /// Solves the QP of levels `first`..`last`; `rank` of its columns are seen by their equalities.
  QpStatus solve_level(const Limits& limits, int first, int last, int rank, Outcome& outcome);
  QpStatus solve_qp(const Limits& limits, Outcome& outcome);
  /// Gives a slack to soft rows of the levels that the solution violates; true if there were any.
  bool soften(const Limits& limits, int first, int last);
  /// Stationarity, feasibility and complementarity of the QP just solved, relative.
  double kkt_residual(const Limits& limits);
  double relax(const Limits& limits, Outcome& outcome);

  struct Level {
    int count, rank, seen;  ///< task rows, columns they see, place of that part in seen_
  };

  int n_ = 0, columns_ = 0;
  std::vector<Level> levels_;
  double scale_ = 0.0;       // largest weighted row of the level before projection
  double* basis_ = nullptr;  // (n_, columns_) what the levels above left free
  DenseQp qp_;
  NullSpace null_space_;
  LevelRows rows_;
  Eigen::VectorXd lower_, upper_;  // of all limits, as far as they hold at this level
  Eigen::VectorXd x_, z_, residual_, values_, y_;
  std::vector<double> projected_;  // P' (columns_ x rows) of the level, weighted
  Eigen::VectorXd hessian_, gradient_, change_, extended_, seen_;
};

}  // namespace surefoot
