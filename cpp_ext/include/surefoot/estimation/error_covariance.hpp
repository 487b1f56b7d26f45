#pragma once
#include <Eigen/Core>

#include "surefoot/export.hpp"

namespace surefoot {

/// The part of a scalar measurement that the state does not explain, and its claimed variance.
struct SUREFOOT_API Innovation {
  double residual, variance;
};

/// Covariance of a Kalman filter's error state and the running correction of one update.
///
/// Every measurement of the contact filters observes the difference of two three-vectors of the
/// error state (foot minus body, velocity, ...), plus at times a third term through a matrix, so
/// a Kalman update costs one 3 x 3 inverse and a rank-three downdate instead of products with a
/// measurement matrix. Updates between `begin` and the reading of `correction` are processed one
/// after the other against the same linearisation, which equals the stacked update.
class SUREFOOT_API ErrorCovariance {
 public:
  using Block = Eigen::Matrix3d;
  explicit ErrorCovariance(int size);

  int size() const { return static_cast<int>(matrix_.rows()); }
  Eigen::MatrixXd& matrix() { return matrix_; }
  const Eigen::MatrixXd& matrix() const { return matrix_; }
  const Eigen::VectorXd& correction() const { return correction_; }

  void begin() { correction_.setZero(); }

  /// Measurement residual = e[plus..] - e[minus..] + G e[extra..] + noise. An index of -1 leaves
  /// its term out. `gate` is a limit on the squared Mahalanobis distance; returns whether used.
  bool update3(int plus, int minus, int extra, const Block& extra_matrix,
               const Eigen::Vector3d& residual, const Block& noise, double gate);

  /// Scalar measurement residual = e[index] + row . e[extra..] + noise of the given variance; an
  /// `extra` of -1 leaves its term out.
  bool update1(int index, int extra, const Eigen::Vector3d& row, double residual, double variance,
               double gate);

  /// What such a measurement of no noise still tells, and how likely that was held to be.
  Innovation innovation1(int index, int extra, const Eigen::Vector3d& row, double residual) const;

  /// Replaces the three-vector at `index` by (copy of the one at `source`) + independent noise.
  void clone3(int index, int source, const Block& noise);

  /// Forgets the three-vector at `index`: decorrelates it and sets its variance.
  void reset3(int index, double variance);

  /// matrix += sign * factor factor^T; factor has as many rows as the matrix.
  void add_rank3(const Eigen::Matrix<double, Eigen::Dynamic, 3>& factor, double sign);

  /// Adds to the three columns at `target` those at `source` times map^T.
  void add_columns(int target, int source, const Block& map);

  /// matrix := (matrix + its transpose) / 2.
  void symmetrize();

 private:
  void add_columns(int source, const Block& map, double* columns) const;

  Eigen::MatrixXd matrix_;
  Eigen::VectorXd correction_;
  Eigen::Matrix<double, Eigen::Dynamic, 3> gain_columns_, whitened_;
  Eigen::VectorXd column_;
};

}  // namespace surefoot
