#include "mpc/projection.hpp"

#include <algorithm>
#include <cmath>

#include "mpc/dense_kernels.hpp"

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }

/// Below this share of the largest pivot of D D', round-off decides.
constexpr double kNothing = 1e-12;
}  // namespace

Projection::Projection(int rows, int joints, int states, double tolerance)
    : n_(joints),
      nx_(states),
      n_padded_(padded(joints)),
      nx_padded_(padded(states)),
      gram_(padded(rows)),
      width_(2 * gram_ + nx_padded_ + n_padded_),
      tolerance_(tolerance),
      rows_(index(gram_ * width_)),
      transposed_(index(n_padded_ * gram_)),
      projector_(index(n_padded_ * n_padded_)),
      basis_(index(joints * joints)),
      result_(index(n_padded_ * (nx_padded_ + gram_))),
      done_(index(rows)) {}

void Projection::compute(int m, const double* D, const double* C, int stride) {
  const int right = gram_, matrix = width_ - n_padded_, used = padded(m);
  for (int j = 0; j < used; ++j) {
    double* row = rows_.data() + j * width_;
    if (j >= m) {
      std::fill(row + right, row + width_, 0.0);
      for (int i = 0; i < n_; ++i) transposed_[index(i * gram_ + j)] = 0.0;
      continue;
    }
    for (int i = 0; i < nx_; ++i) row[right + i] = -C[j * stride + i];
    std::fill_n(row + right + nx_padded_, gram_, 0.0);
    row[right + nx_padded_ + j] = -1.0;
    for (int i = 0; i < n_; ++i)
      row[matrix + i] = transposed_[index(i * gram_ + j)] = D[j * stride + i];
  }
  multiply<Update::kSet>(used, used, n_, transposed_.data(), gram_, rows_.data() + matrix, 1,
                         width_, rows_.data(), width_);
  factor(m);
  const double* Q = rows_.data() + matrix;
  multiply<Update::kSet>(nx_padded_ + gram_, n_padded_, m, rows_.data() + right, width_, Q, width_,
                         1, result_.data(), nx_padded_ + gram_);
  if (free_ == 0) return;
  if (damped_ > 0)  // a damped row is shorter than one
    for (int j = 0; j < m; ++j) {
      double* row = rows_.data() + j * width_ + matrix;
      const double square = dot(n_padded_, row, row);
      if (square > 0.0)
        for (int i = 0; i < n_; ++i) row[i] /= std::sqrt(square);
    }
  multiply<Update::kSet>(n_padded_, n_padded_, m, Q, width_, Q, width_, 1, projector_.data(),
                         n_padded_);
  find_basis();
}

void Projection::factor(int m) {
  // Row operations turn [D D' | -C | -1 | D] into L^-1 times it; the pivot is the row with most
  // left of it. Rows stay where they are, those without anything left become zero.
  std::fill_n(done_.begin(), m, char{0});
  damped_ = 0;
  int rank = 0;
  double largest = 0.0;
  for (; rank < std::min(m, n_); ++rank) {
    int best = -1;
    double pivot = 0.0;
    for (int j = 0; j < m; ++j) {
      const double left = rows_[index(j * width_ + j)];
      if (!done_[index(j)] && left > pivot) best = j, pivot = left;
    }
    largest = std::max(largest, pivot);
    if (best < 0 || !(pivot > kNothing * largest)) break;
    const double bound = tolerance_ * tolerance_ * largest;
    if (pivot < bound) ++damped_;
    // Damped least squares: the step along a weak direction r is r / bound instead of 1 / r.
    const double scale = 1.0 / std::sqrt(std::max(pivot, bound));
    const double exact = 1.0 / pivot;
    double* row = rows_.data() + best * width_;
    done_[index(best)] = 1;
    for (int j = 0; j < m; ++j) {
      if (done_[index(j)]) continue;
      double* other = rows_.data() + j * width_;
      const double factor = other[best] * exact;
      for (int i = 0; i < width_; ++i) other[i] -= factor * row[i];
    }
    for (int i = 0; i < width_; ++i) row[i] *= scale;
  }
  for (int j = 0; j < m; ++j)
    if (!done_[index(j)]) std::fill_n(rows_.data() + j * width_, width_, 0.0);
  damped_ += std::min(m, n_) - rank;
  free_ = n_ - rank;
}

void Projection::find_basis() {
  for (double& value : projector_) value = -value;
  for (int i = 0; i < n_; ++i) projector_[index(i * n_padded_ + i)] += 1.0;
  for (int f = 0; f < free_; ++f) {
    int best = 0;
    for (int i = 1; i < n_; ++i)
      if (projector_[index(i * n_padded_ + i)] > projector_[index(best * n_padded_ + best)])
        best = i;
    double* chosen = projector_.data() + best * n_padded_;
    const double pivot = chosen[best], scale = 1.0 / std::sqrt(pivot);
    for (int i = 0; i < n_; ++i) basis_[index(i * n_ + f)] = chosen[i] * scale;
    for (int j = 0; j < n_; ++j) {
      if (j == best) continue;
      double* column = projector_.data() + j * n_padded_;
      const double factor = chosen[j] / pivot;
      for (int i = 0; i < n_padded_; ++i) column[i] -= factor * chosen[i];
    }
    std::fill_n(chosen, n_padded_, 0.0);
  }
}

}  // namespace surefoot::mpc
