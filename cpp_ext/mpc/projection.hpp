#pragma once
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot::mpc {

/// Eliminates joint velocities with D dv + C dx + e = 0:
///   dv = basis * w + feedback * dx + offset, with an orthonormal basis of the null space of D.
///
/// Cholesky factorisation of D D' with symmetric pivoting: Q = L^-1 D has orthonormal rows, so
/// feedback = -Q' (L^-1 C) and offset likewise; the pivoted Cholesky factor of the projector
/// I - Q' Q is the basis. Rows that depend on others up to `tolerance` (a straight leg, more rows
/// than joints) are damped, rows that depend on them entirely dropped, and both counted.
class SUREFOOT_API Projection {
 public:
  /// @param tolerance a direction weaker than this share of the strongest is damped
  Projection(int rows, int joints, int states, double tolerance);

  /// @param m rows used; D (m x joints), C (m x states) row-major with `stride`; e (m)
  void compute(int m, const double* D, const double* C, int stride, const double* e);

  int free() const { return free_; }      ///< columns of the basis
  int damped() const { return damped_; }  ///< near-singular directions met
  const double* basis(int row) const { return basis_.data() + row * n_; }
  const double* feedback(int row) const { return feedback_.data() + row * (nx_padded_ + 4); }
  double offset(int row) const { return feedback(row)[nx_padded_]; }

 private:
  void factor(int m);
  void find_basis();

  int n_, nx_, n_padded_, nx_padded_, gram_;  ///< gram_: padded number of rows
  int width_;                                 ///< of a row [D D' | -C | -e | D]
  double tolerance_;
  int free_ = 0, damped_ = 0;
  std::vector<double> rows_, transposed_, projector_, basis_, feedback_;
  std::vector<char> done_;
};

}  // namespace surefoot::mpc
