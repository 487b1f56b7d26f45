#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Equality rows of tasks in the coordinates of a basis: A (x + basis z) = b becomes P' z = r,
/// every row times the square root of its weight.
class SUREFOOT_API TaskProjection {
 public:
  TaskProjection(int max_unknowns, int max_rows);

  void clear(int columns);
  /// Appends the equality tasks of a level.
  void add(const TaskLevel& level, const double* basis, const Eigen::Ref<const Eigen::VectorXd>& x);
  /// Appends one row that the caller projected.
  void add(const Eigen::Ref<const Eigen::VectorXd>& row, double residual, double size);

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  auto transposed() const {
    return Eigen::Map<const Eigen::MatrixXd>(storage_.data(), columns_, rows_);
  }
  /// Adds P P' to the lower triangle of `out` (columns x columns).
  void add_square(Eigen::Ref<Eigen::MatrixXd> out) const;
  auto residual() const { return residual_.head(rows_); }
  double scale() const { return scale_; }  ///< norm of the largest weighted row of A

 private:
  int columns_ = 0, rows_ = 0;
  double scale_ = 0.0;
  std::vector<double> storage_;
  Eigen::VectorXd row_, residual_;
};

/// Weighted b - A x of a level's equality rows into out; returns their number.
SUREFOOT_API int weighted_residual(const TaskLevel& level,
                                   const Eigen::Ref<const Eigen::VectorXd>& x,
                                   Eigen::Ref<Eigen::VectorXd> out);

}  // namespace surefoot
