#include "surefoot/estimation/error_covariance.hpp"

#include <Eigen/Cholesky>
#include <cmath>

namespace surefoot {
namespace {

/// column += [three columns] weights. Most of an update's time: a plain loop takes a fifth of
/// Eigen's product.
void add_three(int n, const Eigen::RowVector3d& weights, const double* columns,
               double* __restrict column) {
  const double *const x = columns, *const y = x + n, *const z = y + n;
  const double a = weights[0], b = weights[1], c = weights[2];
  for (int i = 0; i < n; ++i) column[i] += a * x[i] + b * y[i] + c * z[i];
}

}  // namespace

ErrorCovariance::ErrorCovariance(int size)
    : matrix_(Eigen::MatrixXd::Zero(size, size)),
      correction_(Eigen::VectorXd::Zero(size)),
      gain_columns_(size, 3),
      whitened_(size, 3),
      column_(size) {}

bool ErrorCovariance::update3(int plus, int minus, int extra, const Block& extra_matrix,
                              const Eigen::Vector3d& residual, const Block& noise, double gate) {
  Eigen::Vector3d innovation = residual;
  Block s = noise;
  gain_columns_.setZero();
  if (plus >= 0) {
    gain_columns_ += matrix_.middleCols<3>(plus);
    innovation -= correction_.segment<3>(plus);
  }
  if (minus >= 0) {
    gain_columns_ -= matrix_.middleCols<3>(minus);
    innovation += correction_.segment<3>(minus);
  }
  if (extra >= 0) {
    add_columns(extra, extra_matrix, gain_columns_.data());
    innovation.noalias() -= extra_matrix * correction_.segment<3>(extra);
  }
  if (plus >= 0) s += gain_columns_.middleRows<3>(plus);
  if (minus >= 0) s -= gain_columns_.middleRows<3>(minus);
  if (extra >= 0) s.noalias() += extra_matrix * gain_columns_.middleRows<3>(extra);
  const Eigen::LLT<Block> cholesky(s);
  if (cholesky.info() != Eigen::Success) return false;
  const Eigen::Vector3d white = cholesky.matrixL().solve(innovation);
  if (!(white.squaredNorm() <= gate)) return false;
  // P - K S K^T = P - W W^T with W = P H^T L^-T: symmetric by construction.
  const Block l = cholesky.matrixL();
  const double inverse[] = {1.0 / l(0, 0), 1.0 / l(1, 1), 1.0 / l(2, 2)};
  for (int i = 0; i < size(); ++i) {
    const double x = gain_columns_(i, 0) * inverse[0];
    const double y = (gain_columns_(i, 1) - l(1, 0) * x) * inverse[1];
    whitened_(i, 0) = x;
    whitened_(i, 1) = y;
    whitened_(i, 2) = (gain_columns_(i, 2) - l(2, 0) * x - l(2, 1) * y) * inverse[2];
  }
  add_rank3(whitened_, -1.0);
  add_three(size(), white.transpose(), whitened_.data(), correction_.data());
  return true;
}

bool ErrorCovariance::update1(int index, int extra, const Eigen::Vector3d& row, double residual,
                              double variance, double gate) {
  double innovation = residual - correction_[index];
  column_ = matrix_.col(index);
  if (extra >= 0) {
    innovation -= row.dot(correction_.segment<3>(extra));
    column_.noalias() += matrix_.middleCols<3>(extra) * row;
  }
  double s = column_[index] + variance;
  if (extra >= 0) s += row.dot(column_.segment<3>(extra));
  if (!(s > 0.0) || !(innovation * innovation <= gate * s)) return false;
  column_ /= std::sqrt(s);
  matrix_.noalias() -= column_ * column_.transpose();
  correction_ += column_ * (innovation / std::sqrt(s));
  return true;
}

Innovation ErrorCovariance::innovation1(int index, int extra, const Eigen::Vector3d& row,
                                        double residual) const {
  return {residual - correction_[index] - row.dot(correction_.segment<3>(extra)),
          matrix_(index, index) + 2.0 * row.dot(matrix_.block<3, 1>(extra, index)) +
              row.dot(matrix_.block<3, 3>(extra, extra) * row)};
}

void ErrorCovariance::clone3(int index, int source, const Block& noise) {
  matrix_.middleCols<3>(index) = matrix_.middleCols<3>(source);
  matrix_.middleRows<3>(index) = matrix_.middleRows<3>(source);
  matrix_.block<3, 3>(index, index) = matrix_.block<3, 3>(source, source) + noise;
}

void ErrorCovariance::reset3(int index, double variance) {
  matrix_.middleCols<3>(index).setZero();
  matrix_.middleRows<3>(index).setZero();
  matrix_.block<3, 3>(index, index).diagonal().setConstant(variance);
}

void ErrorCovariance::add_rank3(const Eigen::Matrix<double, Eigen::Dynamic, 3>& factor,
                                double sign) {
  const int n = size();
  for (int j = 0; j < n; ++j)
    add_three(n, sign * factor.row(j), factor.data(), matrix_.data() + j * n);
}

void ErrorCovariance::add_columns(int source, const Block& map, double* columns) const {
  const int n = size();
  for (int j = 0; j < 3; ++j)
    add_three(n, map.row(j), matrix_.data() + source * n, columns + j * n);
}

void ErrorCovariance::add_columns(int target, int source, const Block& map) {
  add_columns(source, map, matrix_.data() + target * size());
}

void ErrorCovariance::symmetrize() {
  for (Eigen::Index i = 1; i < matrix_.rows(); ++i)
    for (Eigen::Index j = 0; j < i; ++j)
      matrix_(i, j) = matrix_(j, i) = 0.5 * (matrix_(i, j) + matrix_(j, i));
}

}  // namespace surefoot
