#include "math/dense_qp.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "math/vector_kernels.hpp"

namespace surefoot {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFeasibility = 1e-11;  // relative to the bound
// Squared sine of the angle to the active rows; only rounding may be smaller, or a feasible problem
// is called infeasible.
constexpr double kDependence = 1e-24;
constexpr int kIterationsPerRow = 10;

}  // namespace

void DenseRows::evaluate(const Eigen::Ref<const Eigen::VectorXd>& x,
                         Eigen::Ref<Eigen::VectorXd> values) const {
  values.noalias() = matrix_ * x;
}

void DenseRows::row(int index, Eigen::Ref<Eigen::VectorXd> out) const {
  out = matrix_.row(index).transpose();
}

DenseQp::DenseQp(int max_variables, int max_rows)
    : J_(max_variables, max_variables),
      R_(max_variables, max_variables),
      x_(max_variables),
      multipliers_(max_rows),
      values_(max_rows),
      normal_(max_variables),
      d_(max_variables),
      z_(max_variables),
      r_(max_variables),
      u_(max_variables + 1),
      work_(max_variables),
      active_row_(static_cast<std::size_t>(max_variables) + 1),
      active_sign_(static_cast<std::size_t>(max_variables) + 1),
      is_active_(static_cast<std::size_t>(max_rows)),
      is_equality_(static_cast<std::size_t>(max_rows)) {}

bool DenseQp::factorise(const Eigen::Ref<const Eigen::MatrixXd>& H) {
  // R_ lends its space to the Cholesky factor, which is not needed once J is known. Its signs are
  // turned, so that what is already there adds up: L = -R below.
  const int stride = static_cast<int>(R_.rows());
  for (int j = 0; j < n_; ++j) {
    double* column = &R_(j, j);
    for (int i = 0; i < n_ - j; ++i) column[i] = -H(j + i, j);
    add_product(n_ - j, j, &R_(j, 0), stride, &R_(j, 0), stride, column);
    const double pivot = -column[0];
    if (!(pivot > 0.0)) return false;
    const double scale = 1.0 / std::sqrt(pivot);
    for (int i = 0; i < n_ - j; ++i) column[i] *= scale;
  }
  // J = L^-T, one column of the upper triangle after the other: row j of L^-1 is
  // -(1 / L_jj) sum_k L_jk (row k of L^-1).
  for (int j = 0; j < n_; ++j) {
    double* column = &J_(0, j);
    std::fill_n(column, n_, 0.0);
    const double inverse = -1.0 / R_(j, j);
    if (j > 0) add_product(j, j, J_.data(), static_cast<int>(J_.rows()), &R_(j, 0), stride, column);
    for (int i = 0; i < j; ++i) column[i] *= inverse;
    column[j] = inverse;
  }
  return true;
}

QpStatus DenseQp::solve(const Eigen::Ref<const Eigen::MatrixXd>& H,
                        const Eigen::Ref<const Eigen::VectorXd>& g, const QpRows& rows,
                        const Eigen::Ref<const Eigen::VectorXd>& lower,
                        const Eigen::Ref<const Eigen::VectorXd>& upper) {
  n_ = static_cast<int>(g.size());
  m_ = rows.count();
  active_count_ = equalities_ = iterations_ = 0;
  limit_ = kIterationsPerRow * (n_ + m_ + 1);
  multipliers_.head(m_).setZero();
  if (!factorise(H)) return QpStatus::kNotConvex;
  const int stride = static_cast<int>(J_.rows());
  transposed_product(n_, n_, J_.data(), stride, g.data(), d_.data());
  x_.head(n_).setZero();
  add_product(n_, n_, J_.data(), stride, d_.data(), 1, x_.data());
  x_.head(n_) = -x_.head(n_);
  for (int i = 0; i < m_; ++i) {
    is_active_[static_cast<std::size_t>(i)] = 0;
    is_equality_[static_cast<std::size_t>(i)] = lower(i) == upper(i);
  }
  for (int i = 0; i < m_; ++i) {
    if (!is_equality_[static_cast<std::size_t>(i)]) continue;
    rows.row(i, normal_.head(n_));
    const double slack = normal_.head(n_).dot(x_.head(n_)) - lower(i);
    const double sign = slack <= 0.0 ? 1.0 : -1.0;
    const QpStatus status = activate({i, sign, sign * slack}, rows);
    if (status == QpStatus::kInfeasible && std::abs(slack) <= 1e-9 * (1.0 + std::abs(lower(i))))
      continue;  // dependent on earlier equalities and satisfied by them
    if (status != QpStatus::kSolved) return status;
    equalities_ = active_count_;
  }
  while (true) {
    rows.evaluate(x_.head(n_), values_.head(m_));
    const Candidate candidate = most_violated(lower, upper);
    if (candidate.row < 0) break;
    const QpStatus status = activate(candidate, rows);
    if (status != QpStatus::kSolved) return status;
  }
  polish(lower, upper);
  publish_multipliers();
  return x_.head(n_).allFinite() ? QpStatus::kSolved : QpStatus::kNotConvex;
}

void DenseQp::publish_multipliers() {
  for (int k = 0; k < active_count_; ++k) {
    const auto position = static_cast<std::size_t>(k);
    multipliers_(active_row_[position]) = -active_sign_[position] * u_(k);
  }
}

DenseQp::Candidate DenseQp::most_violated(const Eigen::Ref<const Eigen::VectorXd>& lower,
                                          const Eigen::Ref<const Eigen::VectorXd>& upper) const {
  Candidate worst{-1, 1.0, 0.0};
  for (int i = 0; i < m_; ++i) {
    const double below = values_(i) - lower(i), above = upper(i) - values_(i);
    const bool is_lower = below < above;
    const double slack = is_lower ? below : above;
    // Written so that a NaN is no violation: it is found in x at the end.
    if (!(slack < worst.slack) || is_active_[static_cast<std::size_t>(i)]) continue;
    if (!(slack < -kFeasibility * (1.0 + std::abs(values_(i))))) continue;
    worst = {i, is_lower ? 1.0 : -1.0, slack};
  }
  return worst;
}

QpStatus DenseQp::activate(Candidate candidate, const QpRows& rows) {
  auto normal = normal_.head(n_);
  rows.row(candidate.row, normal);
  if (candidate.sign < 0.0) normal = -normal;
  const int stride = static_cast<int>(J_.rows());
  double multiplier = 0.0;
  while (true) {
    if (++iterations_ > limit_) return QpStatus::kIterationLimit;
    const int q = active_count_;
    transposed_product(n_, n_, J_.data(), stride, normal.data(), d_.data());
    r_.head(q) = d_.head(q);
    if (q > 0) R_.topLeftCorner(q, q).triangularView<Eigen::Upper>().solveInPlace(r_.head(q));
    // Longest step that keeps the multipliers of the active inequalities non-negative.
    double partial = kInfinity;
    int blocking = -1;
    for (int k = equalities_; k < q; ++k) {
      if (r_(k) <= 0.0 || u_(k) >= partial * r_(k)) continue;
      partial = u_(k) / r_(k);
      blocking = k;
    }
    const double curvature = d_.segment(q, n_ - q).squaredNorm();
    const bool independent = curvature > kDependence * d_.head(n_).squaredNorm();
    const double full = independent ? -candidate.slack / curvature : kInfinity;
    if (!independent && blocking < 0) return QpStatus::kInfeasible;
    const double step = std::min(partial, full);
    if (!std::isfinite(step)) return QpStatus::kInfeasible;  // overflow, or a NaN in the data
    if (independent) {
      z_.head(n_).setZero();
      add_product(n_, n_ - q, J_.data() + q * stride, stride, d_.data() + q, 1, z_.data());
      x_.head(n_) += step * z_.head(n_);
      candidate.slack += step * curvature;
    }
    u_.head(q) -= step * r_.head(q);
    multiplier += step;
    if (full <= partial) {
      add_active(candidate, multiplier);
      return QpStatus::kSolved;
    }
    remove_active(blocking);
  }
}

void DenseQp::add_active(const Candidate& candidate, double multiplier) {
  const int q = active_count_, rest = n_ - q;
  auto tail = d_.segment(q, rest);
  // A Householder reflection of J's free columns turns d's tail into its first component.
  const double norm = tail.norm();
  const double alpha = tail(0) > 0.0 ? -norm : norm;
  R_.col(q).head(q) = d_.head(q);
  R_(q, q) = alpha;
  tail(0) -= alpha;
  const double scale = tail.squaredNorm();
  const int stride = static_cast<int>(J_.rows());
  if (scale > 0.0) reflect_rows(n_, rest, J_.data() + q * stride, stride, tail.data(), 2.0 / scale);
  const auto position = static_cast<std::size_t>(q);
  active_row_[position] = candidate.row;
  active_sign_[position] = candidate.sign;
  u_(q) = multiplier;
  is_active_[static_cast<std::size_t>(candidate.row)] = 1;
  ++active_count_;
}

void DenseQp::polish(const Eigen::Ref<const Eigen::VectorXd>& lower,
                     const Eigen::Ref<const Eigen::VectorXd>& upper) {
  const int q = active_count_;
  if (q == 0) return;
  for (int k = 0; k < q; ++k) {
    const auto position = static_cast<std::size_t>(k);
    const int row = active_row_[position];
    const double sign = active_sign_[position];
    r_(k) = sign * ((sign > 0.0 ? lower(row) : upper(row)) - values_(row));
  }
  R_.topLeftCorner(q, q).transpose().triangularView<Eigen::Lower>().solveInPlace(r_.head(q));
  add_product(n_, q, J_.data(), static_cast<int>(J_.rows()), r_.data(), 1, x_.data());
}

void DenseQp::remove_active(int position) {
  is_active_[static_cast<std::size_t>(active_row_[static_cast<std::size_t>(position)])] = 0;
  const int last = --active_count_;
  for (int k = position; k < last; ++k) {
    const auto to = static_cast<std::size_t>(k);
    active_row_[to] = active_row_[to + 1];
    active_sign_[to] = active_sign_[to + 1];
    u_(k) = u_(k + 1);
    R_.col(k).head(k + 2) = R_.col(k + 1).head(k + 2);
  }
  // Rotations restore the triangle; J's columns turn with R's rows.
  for (int k = position; k < last; ++k) {
    const double a = R_(k, k), b = R_(k + 1, k), norm = std::hypot(a, b);
    if (norm == 0.0) continue;
    const double c = a / norm, s = b / norm;
    for (int j = k; j < last; ++j) {
      const double upper = R_(k, j), lower = R_(k + 1, j);
      R_(k, j) = c * upper + s * lower;
      R_(k + 1, j) = c * lower - s * upper;
    }
    auto left = J_.col(k).head(n_), right = J_.col(k + 1).head(n_);
    work_.head(n_) = left;
    left = c * left + s * right;
    right = c * right - s * work_.head(n_);
  }
}

}  // namespace surefoot
