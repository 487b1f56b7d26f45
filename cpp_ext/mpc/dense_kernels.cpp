#include "mpc/dense_kernels.hpp"

#include <cmath>

namespace surefoot::mpc {
namespace {

using Pack = double __attribute__((vector_size(32), aligned(8), may_alias));

// SSE2 has half the registers of half the width: a taller block would spill them.
#if defined(__SSE2__) && !defined(__AVX__)
constexpr int kTallest = 1;
#else
constexpr int kTallest = 3;
#endif

/// 4 kPacks rows by 4 columns of C, kept in registers over the whole depth.
template <Update kUpdate, int kPacks>
inline void block(int depth, const double* __restrict a, int a_stride, const double* __restrict b,
                  int b_row, int b_col, const double* s, double* c, int c_stride) {
  Pack sum[4][kPacks];
  for (int j = 0; j < 4; ++j)
    for (int p = 0; p < kPacks; ++p) sum[j][p] = Pack{0.0, 0.0, 0.0, 0.0};
  for (int k = 0; k < depth; ++k) {
    Pack column[kPacks];
    for (int p = 0; p < kPacks; ++p)
      column[p] = *reinterpret_cast<const Pack*>(a + k * a_stride + 4 * p);
    for (int j = 0; j < 4; ++j) {
      const double value = b[k * b_row + j * b_col];
      const Pack factor = {value, value, value, value};
      for (int p = 0; p < kPacks; ++p) sum[j][p] += column[p] * factor;
    }
  }
  for (int j = 0; j < 4; ++j)
    for (int p = 0; p < kPacks; ++p) {
      Pack& out = *reinterpret_cast<Pack*>(c + j * c_stride + 4 * p);
      if constexpr (kUpdate == Update::kSet) out = sum[j][p];
      const Pack& from = *reinterpret_cast<const Pack*>(s + j * c_stride + 4 * p);
      if constexpr (kUpdate == Update::kAdd) out = from + sum[j][p];
      if constexpr (kUpdate == Update::kSubtract) out = from - sum[j][p];
    }
}

template <Update kUpdate>
void multiply_from(int rows, int cols, int depth, const double* a, int a_stride, const double* b,
                   int b_row, int b_col, const double* s, double* c, int c_stride, bool lower) {
  for (int j = 0; j < cols; j += 4) {
    const double* bj = b + j * b_col;
    double* cj = c + j * c_stride;
    const double* sj = s + j * c_stride;
    int i = lower ? j : 0;
    for (; i + 4 * kTallest <= rows; i += 4 * kTallest)
      block<kUpdate, kTallest>(depth, a + i, a_stride, bj, b_row, b_col, sj + i, cj + i, c_stride);
    if (kTallest > 2 && i + 8 <= rows) {
      block<kUpdate, 2>(depth, a + i, a_stride, bj, b_row, b_col, sj + i, cj + i, c_stride);
      i += 8;
    }
    if (i < rows)
      block<kUpdate, 1>(depth, a + i, a_stride, bj, b_row, b_col, sj + i, cj + i, c_stride);
  }
}

}  // namespace

template <Update kUpdate>
void multiply(int rows, int cols, int depth, const double* a, int a_stride, const double* b,
              int b_row, int b_col, double* c, int c_stride, bool lower) {
  multiply_from<kUpdate>(rows, cols, depth, a, a_stride, b, b_row, b_col, c, c, c_stride, lower);
}

void multiply_add(int size, int depth, const double* a, int a_stride, const double* b, int b_row,
                  int b_col, const double* s, double* c, int c_stride) {
  multiply_from<Update::kAdd>(size, size, depth, a, a_stride, b, b_row, b_col, s, c, c_stride,
                              true);
}

template void multiply<Update::kSet>(int, int, int, const double*, int, const double*, int, int,
                                     double*, int, bool);
template void multiply<Update::kAdd>(int, int, int, const double*, int, const double*, int, int,
                                     double*, int, bool);
template void multiply<Update::kSubtract>(int, int, int, const double*, int, const double*, int,
                                          int, double*, int, bool);

namespace {

double sum(const Pack& p) { return (p[0] + p[1]) + (p[2] + p[3]); }

inline const Pack& load(const double* a) { return *reinterpret_cast<const Pack*>(a); }

/// y += A' x over 4 kPacks columns, kept in registers over all rows.
template <int kPacks>
inline void transposed_block(int rows, const double* __restrict a, int stride,
                             const double* __restrict x, double* __restrict y) {
  Pack total[kPacks];
  for (int p = 0; p < kPacks; ++p) total[p] = load(y + 4 * p);
  for (int i = 0; i < rows; ++i, a += stride) {
    const Pack factor = {x[i], x[i], x[i], x[i]};
    for (int p = 0; p < kPacks; ++p) total[p] += load(a + 4 * p) * factor;
  }
  for (int p = 0; p < kPacks; ++p) *reinterpret_cast<Pack*>(y + 4 * p) = total[p];
}

}  // namespace

void multiply_vector(int rows, int cols, const double* a, int stride, const double* x,
                     const double* y0, double* y) {
  for (int i = 0; i < rows; i += 4, a += 4 * stride) {
    Pack total[4] = {};
    for (int j = 0; j < cols; j += 4)
      for (int r = 0; r < 4; ++r) total[r] += load(a + r * stride + j) * load(x + j);
    for (int r = 0; r < 4; ++r) y[i + r] = y0[i + r] + sum(total[r]);
  }
}

void multiply_transposed(int rows, int cols, const double* a, int stride, const double* x,
                         double* y) {
  int j = 0;
  for (; j + 4 * kTallest <= cols; j += 4 * kTallest)
    transposed_block<kTallest>(rows, a + j, stride, x, y + j);
  for (; j < cols; j += 4) transposed_block<1>(rows, a + j, stride, x, y + j);
}

void multiply_symmetric(int size, const double* s, int stride, const double* x, double* y) {
  for (int j = 0; j < size; j += 4) {
    // The diagonal block entry by entry, then what is below it, once as it is, once transposed.
    const double* columns = s + j * stride;
    for (int c = 0; c < 4; ++c) {
      y[j + c] += columns[c * stride + j + c] * x[j + c];
      for (int i = c + 1; i < 4; ++i) {
        y[j + i] += columns[c * stride + j + i] * x[j + c];
        y[j + c] += columns[c * stride + j + i] * x[j + i];
      }
    }
    Pack total[4] = {};
    for (int i = j + 4; i < size; i += 4) {
      Pack below = load(y + i);
      for (int c = 0; c < 4; ++c) {
        const Pack& entry = load(columns + c * stride + i);
        const double value = x[j + c];
        below += entry * Pack{value, value, value, value};
        total[c] += entry * load(x + i);
      }
      *reinterpret_cast<Pack*>(y + i) = below;
    }
    for (int c = 0; c < 4; ++c) y[j + c] += sum(total[c]);
  }
}

double dot(int size, const double* a, const double* b) {
  Pack sum = {0.0, 0.0, 0.0, 0.0};
  for (int i = 0; i < size; i += 4)
    sum += *reinterpret_cast<const Pack*>(a + i) * *reinterpret_cast<const Pack*>(b + i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

bool partial_cholesky(double* h, int size, int stride, int count) {
  for (int j = 0; j < count; ++j) {
    double* __restrict column = h + j * stride;
    for (int l = 0; l < j; ++l) {
      const double* __restrict left = h + l * stride;
      const double factor = left[j];
      if (factor == 0.0) continue;
      for (int i = j; i < size; ++i) column[i] -= factor * left[i];
    }
    if (!(column[j] > 0.0)) return false;
    const double scale = 1.0 / std::sqrt(column[j]);
    for (int i = j; i < size; ++i) column[i] *= scale;
  }
  return true;
}

}  // namespace surefoot::mpc
