#include "math/vector_kernels.hpp"

namespace surefoot {
namespace {

// Vector extensions of the compiler: one source for SSE2, AVX2 and NEON.
using Pack = double __attribute__((vector_size(32), aligned(8), may_alias));

inline Pack load(const double* x) { return *reinterpret_cast<const Pack*>(x); }
inline void store(double* x, Pack value) { *reinterpret_cast<Pack*>(x) = value; }
inline Pack all(double x) { return Pack{x, x, x, x}; }
inline double sum(Pack x) { return (x[0] + x[2]) + (x[1] + x[3]); }

/// kCols columns of A' x at once: x is read once for all of them.
template <int kCols>
inline void dots(int rows, const double* a, int stride, const double* x, double* y) {
  Pack total[kCols];
  for (int j = 0; j < kCols; ++j) total[j] = all(0.0);
  int i = 0;
  for (; i + 4 <= rows; i += 4)
    for (int j = 0; j < kCols; ++j) total[j] += load(a + j * stride + i) * load(x + i);
  for (int j = 0; j < kCols; ++j) {
    double rest = sum(total[j]);
    for (int k = i; k < rows; ++k) rest += a[j * stride + k] * x[k];
    y[j] = rest;
  }
}

/// 4 kPacks rows of y + A x.
template <int kPacks>
inline void product(int cols, const double* a, int stride, const double* x, int step, double* y) {
  Pack total[kPacks];
  for (int p = 0; p < kPacks; ++p) total[p] = load(y + 4 * p);
  for (int k = 0; k < cols; ++k)
    for (int p = 0; p < kPacks; ++p) total[p] += load(a + k * stride + 4 * p) * all(x[k * step]);
  for (int p = 0; p < kPacks; ++p) store(y + 4 * p, total[p]);
}

/// 4 kPacks rows of A (I - tau v v').
template <int kPacks>
inline void reflect(int cols, double* a, int stride, const double* v, double tau) {
  Pack total[kPacks];
  for (int p = 0; p < kPacks; ++p) total[p] = all(0.0);
  for (int k = 0; k < cols; ++k)
    for (int p = 0; p < kPacks; ++p) total[p] += load(a + k * stride + 4 * p) * all(v[k]);
  for (int p = 0; p < kPacks; ++p) total[p] *= all(tau);
  for (int k = 0; k < cols; ++k)
    for (int p = 0; p < kPacks; ++p) {
      double* column = a + k * stride + 4 * p;
      store(column, load(column) - total[p] * all(v[k]));
    }
}

}  // namespace

double dot(int size, const double* x, const double* y) {
  double result;
  dots<1>(size, x, 0, y, &result);
  return result;
}

void add_product(int rows, int cols, const double* a, int stride, const double* x, int step,
                 double* y) {
  int i = 0;
  for (; i + 8 <= rows; i += 8) product<2>(cols, a + i, stride, x, step, y + i);
  for (; i + 4 <= rows; i += 4) product<1>(cols, a + i, stride, x, step, y + i);
  for (; i < rows; ++i) {
    double total = y[i];
    for (int k = 0; k < cols; ++k) total += a[k * stride + i] * x[k * step];
    y[i] = total;
  }
}

void transposed_product(int rows, int cols, const double* a, int stride, const double* x,
                        double* y) {
  int j = 0;
  for (; j + 4 <= cols; j += 4) dots<4>(rows, a + j * stride, stride, x, y + j);
  for (; j < cols; ++j) dots<1>(rows, a + j * stride, stride, x, y + j);
}

void reflect_columns(int rows, int cols, double* a, int stride, const double* v, double tau) {
  for (int j = 0; j < cols; ++j) {
    double* column = a + j * stride;
    const double scale = tau * dot(rows, v, column);
    int i = 0;
    for (; i + 4 <= rows; i += 4) store(column + i, load(column + i) - all(scale) * load(v + i));
    for (; i < rows; ++i) column[i] -= scale * v[i];
  }
}

void reflect_rows(int rows, int cols, double* a, int stride, const double* v, double tau) {
  int i = 0;
  for (; i + 8 <= rows; i += 8) reflect<2>(cols, a + i, stride, v, tau);
  for (; i + 4 <= rows; i += 4) reflect<1>(cols, a + i, stride, v, tau);
  for (; i < rows; ++i) {
    double total = 0.0;
    for (int k = 0; k < cols; ++k) total += a[k * stride + i] * v[k];
    for (int k = 0; k < cols; ++k) a[k * stride + i] -= tau * total * v[k];
  }
}

}  // namespace surefoot
