#include "surefoot/estimation/error_covariance.hpp"

#include <Eigen/Cholesky>
#include <cmath>

namespace surefoot {

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
    gain_columns_.noalias() += matrix_.middleCols<3>(extra) * extra_matrix.transpose();
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
  whitened_ = gain_columns_;
  cholesky.matrixU().solveInPlace<Eigen::OnTheRight>(whitened_);
  add_rank3(whitened_, -1.0);
  correction_.noalias() += whitened_ * white;
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
  // Half of an update's time: a plain loop over columns takes a fifth of Eigen's product.
  const Eigen::Index n = matrix_.rows();
  const double *const x = factor.data(), *const y = x + n, *const z = y + n;
  for (Eigen::Index j = 0; j < n; ++j) {
    const double a = sign * x[j], b = sign * y[j], c = sign * z[j];
    double* __restrict column = matrix_.data() + j * n;
    for (Eigen::Index i = 0; i < n; ++i) column[i] += a * x[i] + b * y[i] + c * z[i];
  }
}

void ErrorCovariance::symmetrize() {
  for (Eigen::Index i = 1; i < matrix_.rows(); ++i)
    for (Eigen::Index j = 0; j < i; ++j)
      matrix_(i, j) = matrix_(j, i) = 0.5 * (matrix_(i, j) + matrix_(j, i));
}

}  // namespace surefoot
