#pragma once
#include <Eigen/Core>
#include <memory>

#include "math/dense_qp.hpp"
#include "surefoot/wbc/qp_backend.hpp"
#include "wbc/level_rows.hpp"
#include "wbc/limits.hpp"

namespace surefoot {

/// What came of a stack.
struct StackOutcome {
  QpStatus status = QpStatus::kSolved;
  int iterations = 0;    ///< changes of active rows
  double slack = 0.0;    ///< largest amount by which hard limits had to give way
  double kkt = 0.0;      ///< largest relative optimality residual, if checked
  bool inexact = false;  ///< within the limits, but short of the optimum of some level
};

/// The strictly convex QP of a level, or of a whole stack at once, and what is done where it has
/// no solution:
///
///   min 1/2 z'Hz + g'z + sum weight s_i^2 / 2   subject to  lower <= C (origin + basis z) + s <=
///   upper
///
/// with slacks s for the soft rows of these levels. `lower` and `upper` start as the limits of the
/// tick; hard rows give way in the order of `Limits::Rank`, and as little as need be.
class SUREFOOT_API LevelQp {
 public:
  LevelQp(int max_unknowns, const Limits& limits);

  /// Takes a tick's limits; soft rows do not count yet.
  void begin(const Limits& limits);
  /// From now on the soft rows of a level hold, as far violated as they are at x.
  void harden(const Limits& limits, int level, const Eigen::Ref<const Eigen::VectorXd>& x);

  auto hessian(int columns) {
    return Eigen::Map<Eigen::MatrixXd>(hessian_.data(), columns, columns);
  }
  auto gradient(int columns) { return gradient_.head(columns); }

  /// Solves with the soft rows of levels first..last.
  QpStatus solve(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
                 const double* basis, int columns, int first, int last, StackOutcome& outcome);

  auto z() const { return z_.head(rows_.columns()); }
  double multiplier(int index) const { return multipliers_(index); }
  /// Stationarity, feasibility and complementarity of the QP just solved, relative.
  double kkt_residual(const Limits& limits);

  Eigen::VectorXd lower, upper;
  /// Solves in place of the own method, which takes over where this one fails. May allocate.
  std::shared_ptr<QpBackend> backend;

 private:
  QpStatus run_backend(const Limits& limits, const Eigen::Ref<const Eigen::MatrixXd>& full,
                       StackOutcome& outcome);
  QpStatus run(const Limits& limits, StackOutcome& outcome);
  /// Gives a slack to soft rows of the levels that the solution violates; true if there were any.
  bool soften(const Limits& limits, int first, int last);
  double relax(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
               const double* basis, int columns, StackOutcome& outcome);

  DenseQp qp_;
  LevelRows rows_;
  Eigen::VectorXd hessian_, gradient_, extended_, work_, values_, z_, multipliers_;
};

}  // namespace surefoot
