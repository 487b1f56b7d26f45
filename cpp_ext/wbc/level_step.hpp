#pragma once
#include <Eigen/Core>
#include <vector>

#include "math/null_space.hpp"
#include "wbc/limits.hpp"
#include "wbc/task_projection.hpp"

namespace surefoot {

/// An inequality that a level of the stack holds at its bound: a hard one (or one of a higher
/// level) as an equality, one of its own level as the target that it misses.
struct ActiveRow {
  int index = 0;      ///< in Limits
  int level = 0;      ///< that holds it
  double side = 1.0;  ///< 1: at its upper bound, -1: at its lower
  double bound = 0.0;
  double multiplier = 0.0;  ///< along `side`: positive where the bound is in the level's way
  double previous = 0.0;    ///< multiplier before the last change of active rows
  bool pinned = false;      ///< lower levels cannot hold it: it stays even without multiplier
  bool promoted = false;    ///< about to be held by a higher level
};

/// One level of a stack with a given set of active rows: moves x = x + basis z to
///
///   min |A x - b|^2 + sum of weight (C_i x - bound_i)^2 over its own active rows
///   subject to  C_j x = bound_j  of the other active rows
///
/// and turns the basis into [what the active rows fix, what the tasks determine, what is left].
/// Orthogonal factorisations throughout, so nothing is squared that may be ill-conditioned.
class SUREFOOT_API LevelStep {
 public:
  LevelStep(int max_unknowns, int max_rows);

  void solve(const TaskLevel& tasks, int level, const Limits& limits,
             std::vector<ActiveRow>& active, double* basis, int columns,
             Eigen::Ref<Eigen::VectorXd> x);

  /// How the row `index` depends on the rows that the step held, in their order.
  Eigen::Ref<const Eigen::VectorXd> shares(const Limits& limits, int index, const double* basis,
                                           int columns);

  int fixed() const { return fixed_; }  ///< columns that the active rows take
  int rank() const { return rank_; }    ///< columns that the tasks take
  /// Multipliers smaller than this are rounding.
  double tolerance() const { return tolerance_; }

 private:
  void multipliers(const TaskLevel& tasks, int level, const Limits& limits,
                   std::vector<ActiveRow>& active, const Eigen::Ref<const Eigen::VectorXd>& x);

  int unknowns_ = 0, fixed_ = 0, rank_ = 0, held_ = 0, own_ = 0;
  double tolerance_ = 0.0;
  NullSpace rows_, tasks_;
  TaskProjection projection_;
  Eigen::VectorXd row_, projected_, target_, y_, residual_, multiplier_;
};

}  // namespace surefoot
