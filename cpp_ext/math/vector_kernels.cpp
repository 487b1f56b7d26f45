#include "math/vector_kernels.hpp"

namespace surefoot {
namespace {

// Vector extensions of the compiler: one source for SSE2, AVX2 and NEON.
template <int kWidth>
struct Lanes;
template <>
struct Lanes<4> {
  using Type = double __attribute__((vector_size(32), aligned(8), may_alias));
};
template <>
struct Lanes<2> {
  using Type = double __attribute__((vector_size(16), aligned(8), may_alias));
};
template <>
struct Lanes<1> {
  using Type = double;
};

/// kCount vectors of kWidth numbers that are worked on together.
template <int kWidth, int kCount>
struct Group {
  static constexpr int width = kWidth, count = kCount;
  typename Lanes<kWidth>::Type values[kCount];
};

template <int kWidth>
inline const typename Lanes<kWidth>::Type& at(const double* x) {
  return *reinterpret_cast<const typename Lanes<kWidth>::Type*>(x);
}
template <int kWidth>
inline typename Lanes<kWidth>::Type& at(double* x) {
  return *reinterpret_cast<typename Lanes<kWidth>::Type*>(x);
}

/// work(i, group) for groups of rows that together are `rows`: most of them wide.
template <typename Work>
inline void by_groups(int rows, const Work& work) {
  int i = 0;
  for (; i + 8 <= rows; i += 8) work(i, Group<4, 2>{});
  if ((rows & 4) != 0) work(i, Group<4, 1>{}), i += 4;
  if ((rows & 2) != 0) work(i, Group<2, 1>{}), i += 2;
  if ((rows & 1) != 0) work(i, Group<1, 1>{});
}

/// y += A x over one group of rows.
template <typename G>
inline void add_rows(G total, int cols, const double* a, int stride, const double* x, int step,
                     double* y) {
  constexpr int width = G::width;
  for (int p = 0; p < G::count; ++p) total.values[p] = at<width>(y + p * width);
  for (int k = 0; k < cols; ++k)
    for (int p = 0; p < G::count; ++p)
      total.values[p] += at<width>(a + k * stride + p * width) * x[k * step];
  for (int p = 0; p < G::count; ++p) at<width>(y + p * width) = total.values[p];
}

/// y = A' x for kCols columns at once: x is read once for all of them.
template <int kCols>
inline void dots(int rows, const double* a, int stride, const double* x, double* y) {
  Lanes<4>::Type total[kCols] = {};
  int i = 0;
  for (; i + 4 <= rows; i += 4)
    for (int j = 0; j < kCols; ++j) total[j] += at<4>(a + j * stride + i) * at<4>(x + i);
  for (int j = 0; j < kCols; ++j) {
    const auto& four = total[j];
    Lanes<2>::Type sum = {four[0] + four[2], four[1] + four[3]};
    const double* column = a + j * stride;
    if ((rows & 2) != 0) sum += at<2>(column + i) * at<2>(x + i);
    y[j] = sum[0] + sum[1];
    if ((rows & 1) != 0) y[j] += column[rows - 1] * x[rows - 1];
  }
}

/// kCols columns of (I - tau v v') A.
template <int kCols>
inline void reflect(int rows, double* a, int stride, const double* v, double tau) {
  double scale[kCols];
  dots<kCols>(rows, a, stride, v, scale);
  for (int j = 0; j < kCols; ++j) scale[j] *= tau;
  by_groups(rows, [&](int i, auto group) {
    constexpr int width = decltype(group)::width;
    for (int p = i; p < i + group.count * width; p += width) {
      const auto& along = at<width>(v + p);
      for (int j = 0; j < kCols; ++j) {
        double* column = a + j * stride + p;
        at<width>(column) -= along * scale[j];
      }
    }
  });
}

}  // namespace

double dot(int size, const double* x, const double* y) {
  double result;
  dots<1>(size, x, 0, y, &result);
  return result;
}

void add_product(int rows, int cols, const double* a, int stride, const double* x, int step,
                 double* y) {
  by_groups(rows, [&](int i, auto group) { add_rows(group, cols, a + i, stride, x, step, y + i); });
}

void transposed_product(int rows, int cols, const double* a, int stride, const double* x,
                        double* y) {
  int j = 0;
  for (; j + 4 <= cols; j += 4) dots<4>(rows, a + j * stride, stride, x, y + j);
  for (; j < cols; ++j) dots<1>(rows, a + j * stride, stride, x, y + j);
}

void reflect_columns(int rows, int cols, double* a, int stride, const double* v, double tau) {
  int j = 0;
  for (; j + 4 <= cols; j += 4) reflect<4>(rows, a + j * stride, stride, v, tau);
  for (; j < cols; ++j) reflect<1>(rows, a + j * stride, stride, v, tau);
}

void reflect_rows(int rows, int cols, double* a, int stride, const double* v, double tau) {
  by_groups(rows, [&](int i, auto total) {
    constexpr int width = decltype(total)::width;
    double* const first = a + i;
    for (int k = 0; k < cols; ++k)
      for (int p = 0; p < total.count; ++p)
        total.values[p] += at<width>(first + k * stride + p * width) * v[k];
    for (int p = 0; p < total.count; ++p) total.values[p] *= tau;
    for (int k = 0; k < cols; ++k)
      for (int p = 0; p < total.count; ++p) {
        double* column = first + k * stride + p * width;
        at<width>(column) -= total.values[p] * v[k];
      }
  });
}

}  // namespace surefoot
