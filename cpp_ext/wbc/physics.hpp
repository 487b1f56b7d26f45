#pragma once
#include <Eigen/Core>

#include "math/null_space.hpp"
#include "surefoot/wbc/tick.hpp"

namespace surefoot {

/// Eliminates the equalities that no task may break: contacts do not move, and the six rows of
/// the equations of motion that no motor drives,
///
///   J dv = target,    M_u dv + h_u = J_u' f.
///
/// What is left is x = [dv, f] = particular + basis z with orthonormal columns in `basis`. The
/// two steps work on small matrices: first the null space of J alone (columns of dv), then of
/// the six base rows in it.
class SUREFOOT_API Physics {
 public:
  Physics(int nv, int max_forces);

  void eliminate(const Tick& tick);

  int unknowns() const { return n_; }
  int free() const { return free_; }
  /// The solution of least norm.
  auto particular() const { return particular_.head(n_); }
  auto basis() { return Eigen::Map<Eigen::MatrixXd>(basis_.data() + n_ * skipped_, n_, free_); }
  /// Largest contact row that could not be met (dependent, contradictory contacts), m/s^2.
  double contact_residual() const { return contact_residual_; }

 private:
  int n_ = 0, free_ = 0, skipped_ = 0;
  double contact_residual_ = 0.0;
  NullSpace contact_, base_;
  Eigen::VectorXd basis_, particular_, y_, residual_, base_target_;
};

}  // namespace surefoot
