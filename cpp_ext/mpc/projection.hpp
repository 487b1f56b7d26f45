#pragma once
#include <vector>

namespace surefoot::mpc {

/// Eliminates joint velocities with D dv + C dx + e = 0:
///   dv = basis * w + feedback * dx + offset, with basis spanning the null space of D.
/// Householder QR of D' with column pivoting; rows that depend on others up to `tolerance` (a
/// straight leg, more rows than joints) are damped or dropped, and counted.
class Projection {
 public:
  Projection(int rows, int joints, int states, double tolerance);

  /// @param m rows used; D (m x joints), C (m x states) row-major with `stride`; e (m)
  void compute(int m, const double* D, const double* C, int stride, const double* e);

  int free() const { return free_; }      ///< columns of the basis
  int damped() const { return damped_; }  ///< near-singular directions met
  const double* basis(int row) const { return basis_.data() + row * n_; }
  const double* feedback(int row) const { return feedback_.data() + row * nx_padded_; }
  double offset(int row) const { return offset_[static_cast<std::size_t>(row)]; }

 private:
  int n_, nx_, nx_padded_;
  double tolerance_;
  int free_ = 0, damped_ = 0;
  std::vector<double> T_, beta_, norm_, basis_, inverse_, feedback_, offset_, rhs_;
  std::vector<int> pivot_;
};

}  // namespace surefoot::mpc
