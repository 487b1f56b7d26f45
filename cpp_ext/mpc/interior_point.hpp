#pragma once
#include "mpc/riccati.hpp"
#include "mpc/stage_qp.hpp"

namespace surefoot::mpc {

struct InteriorPointOptions {
  int iterations = 10;
  double tolerance = 1e-3;      ///< on complementarity over `scale`, and on the unreduced residual
  double scale = 1.0;           ///< of the cost
  double slack_min = 1e-2;      ///< of the start point
  double barrier_start = 1e-2;  ///< over `scale`, cold
  double deadline = 0.0;        ///< CPU time of the thread after which to iterate no more; 0: none
};

struct InteriorPointResult {
  int iterations = 0;
  bool converged = false, finite = true, out_of_time = false;
  double stationarity = 0.0, complementarity = 0.0, inequality = 0.0;  ///< relative
};

/// Mehrotra's predictor-corrector interior-point method on a Riccati recursion
/// (Nocedal, Wright, "Numerical Optimization", 2006, section 16.6; Frison, Diehl, "HPIPM", 2020).
class InteriorPoint {
 public:
  explicit InteriorPoint(const OcpQp& qp);
  /// Starts from the multipliers in `solution` where they are positive (warm), else from the
  /// barrier of the options.
  InteriorPointResult solve(const OcpQp& qp, const InteriorPointOptions& options,
                            OcpQpSolution& solution);
  const Riccati& riccati() const { return riccati_; }

 private:
  void start(const OcpQp& qp, const InteriorPointOptions& options, OcpQpSolution& solution);
  void add_barrier_hessian(const OcpQp& qp, const OcpQpSolution& s);
  void set_barrier_gradient(const OcpQp& qp, const OcpQpSolution& s, double barrier,
                            bool corrected);
  /// Steps of slacks and multipliers to the Newton point; the largest step that keeps both > 0,
  /// and what the complementarity gap would be after it.
  double slack_steps(const OcpQp& qp, const OcpQpSolution& s, double barrier, bool corrected,
                     double gap, double* reached);
  void residuals(const OcpQp& qp, const OcpQpSolution& s, const InteriorPointOptions& options,
                 InteriorPointResult& result);

  Riccati riccati_;
  std::vector<std::vector<double>> hessian_, gradient_, z_, slack_step_, multiplier_step_,
      inverse_slack_;
  std::vector<double> x_end_, costate_, scratch_;
};

}  // namespace surefoot::mpc
