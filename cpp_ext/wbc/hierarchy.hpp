#pragma once
#include <Eigen/Core>
#include <memory>
#include <vector>

#include "math/dense_qp.hpp"
#include "math/null_space.hpp"
#include "surefoot/wbc/task.hpp"
#include "wbc/limits.hpp"
#include "wbc/physics.hpp"

namespace surefoot {

/// Tasks by priority: stack[0] is the level that no other level may disturb.
using Stack = std::vector<std::vector<std::shared_ptr<Task>>>;

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

  Outcome solve_weighted(const Stack& stack, Physics& physics, Limits& limits,
                         double regularization);
  Outcome solve_strict(const Stack& stack, Physics& physics, Limits& limits);

  auto x() const { return x_.head(n_); }

  bool check_kkt = false;  ///< fill Outcome::kkt

 private:
  /// Limits in the coordinates of a level: C (origin + basis z), with optional slack columns.
  class Rows : public QpRows {
   public:
    explicit Rows(int max_unknowns) : x_(max_unknowns), row_(max_unknowns) {}
    void set(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
             const double* basis, int unknowns, int columns, int least_soft_rank);
    int count() const override;
    void evaluate(const Eigen::Ref<const Eigen::VectorXd>& z,
                  Eigen::Ref<Eigen::VectorXd> values) const override;
    void row(int index, Eigen::Ref<Eigen::VectorXd> out) const override;
    int soft() const { return soft_; }

   private:
    const Limits* limits_ = nullptr;
    const double *origin_ = nullptr, *basis_ = nullptr;
    int unknowns_ = 0, columns_ = 0, least_soft_rank_ = 0, soft_ = 0;
    mutable Eigen::VectorXd x_, row_;
  };

  void begin(Physics& physics);
  int project(const std::vector<std::shared_ptr<Task>>& level, int row);
  /// Weighted b - A x of a level at the present point, into residual_.
  void level_residual(const std::vector<std::shared_ptr<Task>>& level);
  /// The lexicographic optimum without limits; turns the basis so that each level's columns follow
  /// those of the level above.
  void cascade(const Stack& stack);
  /// Level by level within the limits, on what `cascade` has factorised.
  void descend(const Stack& stack, Limits& limits, Outcome& outcome);
  bool feasible(const Limits& limits);
  /// Makes the present point feasible in spite of rounding, so that the next level can start.
  void hold(Limits& limits);
  void finish(const Limits& limits, Outcome& outcome);
  /// Solves the level's QP; `rank` of its columns are seen by its tasks.
  QpStatus solve_level(Limits& limits, int rank, Outcome& outcome);
  /// Stationarity, feasibility and complementarity of the QP just solved, relative.
  double kkt_residual(const Limits& limits);
  double relax(Limits& limits, Outcome& outcome);

  struct Level {
    int count, rank, seen;  ///< task rows, columns they see, place of that part in seen_
  };

  int n_ = 0, columns_ = 0;
  std::vector<Level> levels_;
  double scale_ = 0.0;       // largest weighted row of the level before projection
  double* basis_ = nullptr;  // (n_, columns_) what the levels above left free
  DenseQp qp_, elastic_;
  NullSpace null_space_;
  Rows rows_, elastic_rows_;
  Eigen::VectorXd x_, z_, residual_, values_, y_, elastic_gradient_;
  std::vector<double> projected_;  // P' (columns_ x rows) of the level, weighted
  Eigen::VectorXd hessian_, elastic_hessian_, gradient_, row_change_, seen_;
};

}  // namespace surefoot
