#include "mpc/projection.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mpc/dense_kernels.hpp"

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
}  // namespace

Projection::Projection(int rows, int joints, int states, double tolerance)
    : n_(joints),
      nx_(states),
      nx_padded_(padded(states)),
      tolerance_(tolerance),
      T_(index(rows * joints)),
      beta_(index(rows)),
      norm_(index(rows)),
      basis_(index(joints * joints)),
      inverse_(index(padded(joints) * rows)),
      feedback_(index(padded(joints) * nx_padded_)),
      offset_(index(joints)),
      rhs_(index(rows * nx_padded_)),
      pivot_(index(rows)) {}

void Projection::compute(int m, const double* D, const double* C, int stride, const double* e) {
  const int n = n_, np = padded(n);
  // Columns of D' (rows of D) are factorised in place; Householder vectors stay below the diagonal.
  for (int j = 0; j < m; ++j) {
    pivot_[index(j)] = j;
    double* column = T_.data() + j * n;
    double sum = 0.0;
    for (int i = 0; i < n; ++i) {
      column[i] = D[j * stride + i];
      sum += column[i] * column[i];
    }
    norm_[index(j)] = sum;
  }
  damped_ = 0;
  const int most = std::min(m, n);
  int rank = 0;
  double largest = 0.0;
  for (; rank < most; ++rank) {
    int best = rank;
    for (int j = rank + 1; j < m; ++j)
      if (norm_[index(j)] > norm_[index(best)]) best = j;
    double* column = T_.data() + rank * n;
    if (best != rank) {
      std::swap_ranges(column, column + n, T_.data() + best * n);
      std::swap(norm_[index(rank)], norm_[index(best)]);
      std::swap(pivot_[index(rank)], pivot_[index(best)]);
    }
    double sum = 0.0;
    for (int i = rank; i < n; ++i) sum += column[i] * column[i];
    const double length = std::sqrt(sum);
    largest = std::max(largest, length);
    if (!(length > 1e-9 * largest)) break;
    const double alpha = column[rank] > 0.0 ? -length : length;
    const double head = column[rank] - alpha;
    const double beta = -head / alpha;  // H = I - beta v v', v normalised to v[rank] = 1
    for (int i = rank + 1; i < n; ++i) column[i] /= head;
    beta_[index(rank)] = beta;
    column[rank] = alpha;
    for (int j = rank + 1; j < m; ++j) {
      double* other = T_.data() + j * n;
      double dot = other[rank];
      for (int i = rank + 1; i < n; ++i) dot += column[i] * other[i];
      dot *= beta;
      other[rank] -= dot;
      for (int i = rank + 1; i < n; ++i) other[i] -= dot * column[i];
      norm_[index(j)] = 0.0;
      for (int i = rank + 1; i < n; ++i) norm_[index(j)] += other[i] * other[i];
    }
  }
  // Damp small diagonal entries: the step in that direction stays bounded and smooth.
  for (int j = 0; j < rank; ++j) {
    double& diagonal = T_[index(j * n + j)];
    const double bound = tolerance_ * largest;
    if (std::abs(diagonal) < bound) {
      ++damped_;
      diagonal = std::copysign(bound, diagonal);
    }
  }
  damped_ += most - rank;
  free_ = n - rank;

  const auto reflect = [&](double* vector) {
    for (int j = rank - 1; j >= 0; --j) {
      const double* column = T_.data() + j * n;
      double dot = vector[j];
      for (int i = j + 1; i < n; ++i) dot += column[i] * vector[i];
      dot *= beta_[index(j)];
      vector[j] -= dot;
      for (int i = j + 1; i < n; ++i) vector[i] -= dot * column[i];
    }
  };
  double vector[128];
  for (int f = 0; f < free_; ++f) {
    std::fill(vector, vector + n, 0.0);
    vector[rank + f] = 1.0;
    reflect(vector);
    for (int i = 0; i < n; ++i) basis_[index(i * n + f)] = vector[i];
  }
  // inverse = Q1 R^-T, column by column in pivot order: R' y = unit vector.
  std::fill(feedback_.begin(), feedback_.end(), 0.0);
  std::fill(offset_.begin(), offset_.end(), 0.0);
  for (int r = 0; r < rank; ++r) {
    std::fill(vector, vector + n, 0.0);
    for (int i = r; i < rank; ++i) {
      double sum = i == r ? 1.0 : 0.0;
      const double* column = T_.data() + i * n;
      for (int l = r; l < i; ++l) sum -= column[l] * vector[l];
      vector[i] = sum / column[i];
    }
    reflect(vector);
    double* inverse = inverse_.data() + r * np;
    std::copy(vector, vector + n, inverse);
    const int row = pivot_[index(r)];
    std::copy(C + row * stride, C + row * stride + nx_, rhs_.data() + r * nx_padded_);
    for (int i = 0; i < n; ++i) offset_[index(i)] -= vector[i] * e[row];
  }
  // feedback (row-major) = -inverse * C, as its transpose in column-major form.
  multiply<Update::kSubtract>(nx_padded_, np, rank, rhs_.data(), nx_padded_, inverse_.data(), np, 1,
                              feedback_.data(), nx_padded_);
}

}  // namespace surefoot::mpc
