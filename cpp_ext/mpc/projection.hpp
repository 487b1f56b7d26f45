#pragma once
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot::mpc {

/// Eliminates joint velocities with D dv + C dx + e = 0:
///   dv = basis * w + feedback * dx + inverse * e, with an orthonormal basis of D's null space.
///
/// Cholesky factorisation of D D' with symmetric pivoting: Q = L^-1 D has orthonormal rows, so
/// feedback = -Q' (L^-1 C) and inverse = -Q' L^-1; the pivoted Cholesky factor of the projector
/// I - Q' Q is the basis. Rows that depend on others up to `tolerance` (a straight leg, more rows
/// than joints) are damped, rows that depend on them entirely dropped, and both counted.
class SUREFOOT_API Projection {
 public:
  /// @param tolerance a direction weaker than this share of the strongest is damped
  Projection(int rows, int joints, int states, double tolerance);

  /// @param m rows used; D (m x joints), C (m x states) row-major with `stride`
  void compute(int m, const double* D, const double* C, int stride);

  int free() const { return free_; }      ///< columns of the basis
  int damped() const { return damped_; }  ///< near-singular directions met
  const double* basis(int row) const { return basis_.data() + row * n_; }
  const double* feedback(int row) const { return result_.data() + row * (nx_padded_ + gram_); }
  const double* inverse(int row) const { return feedback(row) + nx_padded_; }
  int most_rows() const { return gram_; }  ///< length of a row of `inverse`, zero from m on

 private:
  void factor(int m);
  void find_basis();

  int n_, nx_, n_padded_, nx_padded_, gram_;  ///< gram_: padded number of rows
  int width_;                                 ///< of a row [D D' | -C | -1 | D]
  double tolerance_;
  int free_ = 0, damped_ = 0;
  std::vector<double> rows_, transposed_, projector_, basis_, result_;
  std::vector<char> done_;
};

}  // namespace surefoot::mpc
