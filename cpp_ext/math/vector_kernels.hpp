#pragma once

/// Products of short vectors and small column-major matrices of any size and stride. A control tick
/// spends most of its time in such, on 6 to 50 numbers, where Eigen's products cost more to set up
/// than to run, and each of their many variants is code that a tick finds in no cache.
namespace surefoot {

/// x . y
double dot(int size, const double* x, const double* y);

/// y += A x for A (rows x cols); x(k) = x[k * step].
void add_product(int rows, int cols, const double* a, int stride, const double* x, int step,
                 double* y);

/// y = A' x for A (rows x cols).
void transposed_product(int rows, int cols, const double* a, int stride, const double* x,
                        double* y);

/// A <- (I - tau v v') A for A (rows x cols), v (rows).
void reflect_columns(int rows, int cols, double* a, int stride, const double* v, double tau);

/// A <- A (I - tau v v') for A (rows x cols), v (cols).
void reflect_rows(int rows, int cols, double* a, int stride, const double* v, double tau);

}  // namespace surefoot
