#include "math/null_space.hpp"

#include <algorithm>
#include <cmath>

#include "math/vector_kernels.hpp"

namespace surefoot {
namespace {

constexpr double kIll = 1e-5;         // smallest pivot ratio for which normal equations are used
constexpr int kPasses = 8;            // of refinement
constexpr double kConverged = 1e-26;  // squared relative step
constexpr double kCancelled = 1e-3;   // share of a squared norm

}  // namespace

NullSpace::NullSpace(int max_variables, int max_rows)
    : storage_(static_cast<std::size_t>(max_variables) * static_cast<std::size_t>(max_rows)),
      permutation_(static_cast<std::size_t>(max_rows)),
      tau_(std::min(max_variables, max_rows)),
      norms_(max_rows),
      rhs_(max_rows),
      residual_(max_rows),
      step_(std::min(max_variables, max_rows)),
      normal_(std::min(max_variables, max_rows), std::min(max_variables, max_rows)),
      tall_(max_rows, std::min(max_variables, max_rows)) {}

Eigen::Map<Eigen::MatrixXd> NullSpace::transposed(int variables, int rows) {
  k_ = variables;
  m_ = rows;
  return {storage_.data(), k_, m_};
}

int NullSpace::factorise(double scale, double noise, double tolerance) {
  Eigen::Map<Eigen::MatrixXd> A(storage_.data(), k_, m_);
  for (int j = 0; j < m_; ++j) {
    permutation_[static_cast<std::size_t>(j)] = j;
    norms_(j) = dot(k_, A.col(j).data(), A.col(j).data());
  }
  const int steps = std::min(k_, m_);
  double largest = scale;
  rank_ = depth_ = 0;
  for (int i = 0; i < steps; ++i) {
    int pivot = i;
    for (int j = i + 1; j < m_; ++j)
      if (norms_(j) > norms_(pivot)) pivot = j;
    if (pivot != i) {
      A.col(i).swap(A.col(pivot));
      std::swap(norms_(i), norms_(pivot));
      std::swap(permutation_[static_cast<std::size_t>(i)],
                permutation_[static_cast<std::size_t>(pivot)]);
    }
    auto column = A.col(i).tail(k_ - i);
    const int size = k_ - i;
    const double norm = std::sqrt(dot(size, column.data(), column.data()));
    largest = std::max(largest, norm);
    const bool counts = norm > tolerance * largest;
    if (!counts && !(norm > noise * largest)) break;
    // Reflector (1, v) with H = I - tau (1, v)(1, v)'.
    const double head = column(0), alpha = head > 0.0 ? -norm : norm;
    tau_(i) = (alpha - head) / alpha;
    column.tail(k_ - i - 1) *= 1.0 / (head - alpha);
    column(0) = 1.0;
    double* others = column.data() + k_;
    reflect_columns(size, m_ - i - 1, others, k_, column.data(), tau_(i));
    for (int j = i + 1; j < m_; ++j, others += k_) {
      // Downdated; anew where that would cancel.
      const double rest = norms_(j) - others[0] * others[0];
      norms_(j) = rest > kCancelled * norms_(j) ? rest : dot(size - 1, others + 1, others + 1);
    }
    column(0) = alpha;
    ++depth_;
    if (counts && depth_ == rank_ + 1) ++rank_;
  }
  return rank_;
}

void NullSpace::rotate(Eigen::Ref<Eigen::MatrixXd> basis) {
  Eigen::Map<Eigen::MatrixXd> A(storage_.data(), k_, m_);
  const int rows = static_cast<int>(basis.rows()), stride = static_cast<int>(basis.outerStride());
  for (int i = 0; i < depth_; ++i) {
    const double alpha = A(i, i);
    A(i, i) = 1.0;
    reflect_rows(rows, k_ - i, basis.data() + i * stride, stride, &A(i, i), tau_(i));
    A(i, i) = alpha;
  }
}

void NullSpace::apply(Eigen::Ref<Eigen::VectorXd> z) {
  Eigen::Map<Eigen::MatrixXd> A(storage_.data(), k_, m_);
  for (int i = depth_ - 1; i >= 0; --i) {
    const double alpha = A(i, i);
    A(i, i) = 1.0;
    reflect_columns(k_ - i, 1, z.data() + i, k_, &A(i, i), tau_(i));
    A(i, i) = alpha;
  }
}

void NullSpace::null_basis(Eigen::Ref<Eigen::MatrixXd> out) {
  Eigen::Map<Eigen::MatrixXd> A(storage_.data(), k_, m_);
  const int columns = k_ - rank_, stride = static_cast<int>(out.outerStride());
  out.setZero();
  out.bottomRows(columns).setIdentity();
  // Backwards, so that each reflector meets only rows that are no longer zero.
  for (int i = depth_ - 1; i >= 0; --i) {
    const double alpha = A(i, i);
    A(i, i) = 1.0;
    reflect_columns(k_ - i, columns, out.data() + i, stride, &A(i, i), tau_(i));
    A(i, i) = alpha;
  }
}

void NullSpace::solve_transposed(const Eigen::Ref<const Eigen::VectorXd>& g,
                                 Eigen::Ref<Eigen::VectorXd> u) {
  u.setZero();
  if (rank_ == 0) return;
  Eigen::Map<const Eigen::MatrixXd> A(storage_.data(), k_, m_);
  auto rhs = rhs_.head(rank_);
  rhs = g;
  A.topLeftCorner(rank_, rank_).triangularView<Eigen::Upper>().solveInPlace(rhs);
  for (int j = 0; j < rank_; ++j) u(permutation_[static_cast<std::size_t>(j)]) = rhs(j);
}

void NullSpace::solve(const Eigen::Ref<const Eigen::VectorXd>& b, Eigen::Ref<Eigen::VectorXd> y) {
  if (rank_ == 0) return;
  Eigen::Map<const Eigen::MatrixXd> A(storage_.data(), k_, m_);
  for (int j = 0; j < m_; ++j) rhs_(j) = b(permutation_[static_cast<std::size_t>(j)]);
  const auto R = A.topLeftCorner(rank_, rank_);
  if (rank_ == m_) {
    y = rhs_.head(m_);
    R.transpose().triangularView<Eigen::Lower>().solveInPlace(y);
    return;
  }
  if (std::abs(R(rank_ - 1, rank_ - 1)) < kIll * std::abs(R(0, 0))) return solve_tall(y);
  // More rows than directions: normal equations of W = [R T]', refined until they stand.
  auto W = tall_.topLeftCorner(m_, rank_);
  auto N = normal_.topLeftCorner(rank_, rank_);
  const int tall = static_cast<int>(tall_.rows()), square = static_cast<int>(normal_.rows());
  double* const step = step_.data();
  for (int i = 0; i < rank_; ++i) {
    W.col(i).head(i).setZero();
    for (int j = i; j < m_; ++j) W(j, i) = A(i, j);
  }
  for (int j = 0; j < rank_; ++j) {
    const int rest = rank_ - j;
    transposed_product(m_ - j, rest, &W(j, j), tall, &W(j, j), &N(j, j));
    for (int k = 0; k < j; ++k) step[k] = -N(j, k);
    add_product(rest, j, &N(j, 0), square, step, 1, &N(j, j));
    const double scale = 1.0 / std::sqrt(N(j, j));
    for (int i = j; i < rank_; ++i) N(i, j) *= scale;
  }
  y.setZero();
  residual_.head(m_) = rhs_.head(m_);
  for (int pass = 0; pass < kPasses; ++pass) {
    auto change = step_.head(rank_);
    transposed_product(m_, rank_, W.data(), tall, residual_.data(), step);
    N.triangularView<Eigen::Lower>().solveInPlace(change);
    N.transpose().triangularView<Eigen::Upper>().solveInPlace(change);
    y += change;
    if (change.squaredNorm() <= kConverged * y.squaredNorm()) break;
    // The residual of y itself: that of its steps would add up their rounding.
    residual_.head(m_) = rhs_.head(m_);
    for (int i = 0; i < rank_; ++i) step[i] = -y(i);
    add_product(m_, rank_, W.data(), tall, step, 1, residual_.data());
  }
}

void NullSpace::solve_tall(Eigen::Ref<Eigen::VectorXd> y) {
  // Least squares of [R T]' y = b by Householder's QR, which does not square the condition.
  Eigen::Map<const Eigen::MatrixXd> A(storage_.data(), k_, m_);
  auto W = tall_.topLeftCorner(m_, rank_);
  W = A.topRows(rank_).transpose();
  W.topRows(rank_).triangularView<Eigen::StrictlyUpper>().setZero();
  for (int i = 0; i < rank_; ++i) {
    auto v = W.col(i).tail(m_ - i);
    const double norm = v.norm(), alpha = v(0) > 0.0 ? -norm : norm;
    v(0) -= alpha;
    const double scale = 2.0 / v.squaredNorm();
    for (int j = i + 1; j < rank_; ++j) {
      auto other = W.col(j).tail(m_ - i);
      other -= (scale * v.dot(other)) * v;
    }
    auto rhs = rhs_.segment(i, m_ - i);
    rhs -= (scale * v.dot(rhs)) * v;
    v(0) = alpha;
  }
  y = rhs_.head(rank_);
  W.topRows(rank_).triangularView<Eigen::Upper>().solveInPlace(y);
}

}  // namespace surefoot
