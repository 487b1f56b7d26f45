#pragma once

/// Small dense products on column-major arrays whose sizes are padded to multiples of four.
/// Written with vector extensions, so that one source serves SSE2, AVX2 and NEON.
namespace surefoot::mpc {

/// Smallest multiple of four that is not below `size`.
constexpr int padded(int size) { return (size + 3) / 4 * 4; }

enum class Update { kSet, kAdd, kSubtract };

/// C (=, +=, -=) A B for C (rows x cols, column-major), A (rows x depth, column-major) and
/// B(k, j) = b[k * b_row + j * b_col]. rows and cols are multiples of four. With `lower`, only
/// blocks that touch the lower triangle of C are computed.
template <Update kUpdate>
void multiply(int rows, int cols, int depth, const double* a, int a_stride, const double* b,
              int b_row, int b_col, double* c, int c_stride, bool lower = false);

/// C = S + A B with S stored as C is (lower blocks only, as above).
void multiply_add(int size, int depth, const double* a, int a_stride, const double* b, int b_row,
                  int b_col, const double* s, double* c, int c_stride);

/// Sum of a[i] b[i]; `size` is a multiple of four.
double dot(int size, const double* a, const double* b);

/// y = A x + y0 and y += A' x for A (rows x cols, row-major); rows and cols are multiples of four.
void multiply_vector(int rows, int cols, const double* a, int stride, const double* x,
                     const double* y0, double* y);
void multiply_transposed(int rows, int cols, const double* a, int stride, const double* x,
                         double* y);

/// y += S x for the symmetric S (size x size, lower half, column-major); `size` as above.
void multiply_symmetric(int size, const double* s, int stride, const double* x, double* y);

/// First `count` columns of the Cholesky factor of the symmetric `h` (size x size, lower half,
/// column-major), in place; the remaining block is left as it was. False if a pivot is not
/// positive.
bool partial_cholesky(double* h, int size, int stride, int count);

}  // namespace surefoot::mpc
