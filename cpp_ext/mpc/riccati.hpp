#pragma once
#include <vector>

#include "mpc/stage_qp.hpp"

namespace surefoot::mpc {

/// Riccati recursion for an `OcpQp` without its inequalities: factor once, solve for several
/// gradients (Frison, Jorgensen, "Efficient Riccati-based solver", 2013).
class Riccati {
 public:
  explicit Riccati(const OcpQp& qp);

  /// Factorises with `input_hessian[k]` (nu x nu column-major) added to each stage's inputs.
  /// False if the reduced Hessian of some stage is not positive definite.
  bool factor(const OcpQp& qp, const std::vector<std::vector<double>>& input_hessian);
  /// Minimiser for the stages' gradients plus `input_gradient[k]` (nu).
  void solve(const OcpQp& qp, const std::vector<std::vector<double>>& input_gradient,
             std::vector<std::vector<double>>& z, std::vector<double>& x_end);
  /// du = K dx of a stage (nu x nx row-major), from the last factorisation.
  void gain(const OcpQp& qp, int stage, double* gain) const;

 private:
  std::vector<std::vector<double>> factor_, p_b_, reduced_;  // by stage
  std::vector<double> P_, W_, p_, p_next_;
};

}  // namespace surefoot::mpc
