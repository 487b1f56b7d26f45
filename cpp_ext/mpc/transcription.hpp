#pragma once
#include <chrono>
#include <vector>

#include "mpc/centroidal_dynamics.hpp"
#include "mpc/interval.hpp"
#include "mpc/projection.hpp"
#include "mpc/stage_qp.hpp"
#include "mpc/terms/term.hpp"
#include "mpc/velocity_weight.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// Largest violations met, relative: see `Transcription::scale_residuals`.
struct Violations {
  double dynamics = 0.0, equality = 0.0;
  double total = 0.0;  ///< of all intervals, the largest of each kind
  int damped = 0;
};

/// Turns intervals into the stages of the quadratic program: dynamics, the terms of cost and
/// constraints, and the projection of the equalities (transcription.cpp); says what a point comes
/// to (transcription_merit.cpp).
class SUREFOOT_API Transcription {
 public:
  Transcription(const RobotDescription& description, const Weights& weights,
                const Eigen::VectorXd& posture);

  Transcription(const Transcription&) = delete;  // the terms refer to the weights
  Transcription& operator=(const Transcription&) = delete;
  /// For all that follows; allocates nothing.
  void set_weights(const NmpcWeights& weights);

  const Layout& layout() const { return dynamics_.layout(); }
  const CentroidalDynamics& dynamics() const { return dynamics_; }
  const VelocityWeight& velocity_weight() const { return velocity_weight_; }
  const Terms& terms() const { return list_; }
  /// Most inequality blocks of one stage.
  int block_capacity() const;

  /// Linearises interval `k` about (x, u), next state `x_next`, into the stage.
  void linearize(const Interval& interval, const double* x, const double* u, const double* x_next,
                 int k, OcpQp& qp, Violations& violations);
  void terminal(const double* x, const double* reference, OcpQp& qp);
  /// Terms' precomputed quantities at a point, derivatives included; valid until the next call.
  StagePoint evaluate(const Interval& interval, const double* x, const double* u);
  /// Share of the projection in the time of the linearisations since the clock was restarted.
  void restart_clock() {
    started_ = std::chrono::steady_clock::now();
    projecting_ = {};
  }
  double projection_share() const;
  /// Largest defect and constraint violation of interval k after its step, once the joint
  /// velocities have taken away what they can of the latter (a second-order correction); the
  /// joints of the next state follow them. To be called for every interval in order.
  void restore(const Interval& interval, const double* x, double* u, double* x_next, int k,
               Violations& violations);
  /// Cost of an interval and of the horizon's end.
  double cost(const Interval& interval, const double* x, const double* u);
  double terminal_cost(const double* x, const double* reference);
  /// Violations are relative to a robot of this height, in Froude's units: length h, velocity
  /// sqrt(g h), momentum over mass sqrt(g h) and h sqrt(g h), angles 1 rad.
  void scale_residuals(double height);
  /// Largest component of a tangent vector in these units.
  double relative_size(const double* tangent) const;
  /// Base velocity (linear, angular; world) at the interval measured last, whose state is x.
  void base_velocity(const double* x, double* velocity) const;
  /// Adds the step z of stage k to the full input.
  void expand(const Interval& interval, int k, const OcpQp& qp, const double* z, double* u) const;
  /// Full feedback matrix (nu_full x nx row-major) of stage k from the projected one.
  void expand_gain(const Interval& interval, int k, const OcpQp& qp, const double* projected,
                   double* gain) const;
  /// Makes room for the eliminations of every stage of `qp`.
  void resize(const OcpQp& qp);

 private:
  StagePoint point(const Interval& interval, const double* x, const double* u) const;
  /// Rows of all equality terms, their values in `rhs_`.
  int equality_constraints(const StagePoint& point, bool rows);
  double equality_error(int rows) const;
  static void note(double equality, double dynamics, Violations& violations);
  /// Gives every stance force its column of z; returns how many there are.
  int place_forces(const Interval& interval);
  void add_costs(const StagePoint& point, double dt, int used, int k, OcpQp& qp);

  CentroidalDynamics dynamics_;
  Weights weights_;
  VelocityWeight velocity_weight_;
  Terms list_;
  TreeTerms terms_, scratch_;
  Projection projection_;
  std::vector<double> jacobian_, equality_, rhs_, next_, tangent_, velocity_H_, velocity_g_,
      product_, drift_;
  std::vector<int> force_at_;  ///< by contact: column of its force in z, -1 in swing
  struct Elimination {
    std::vector<double> map;  ///< dv = map [du; dx] + offset, n rows of nz
    std::vector<double> offset;
    std::vector<double> inverse;  ///< from violated constraints to joint velocities
  };
  std::vector<Elimination> eliminations_;
  double velocity_unit_ = 1.0, length_unit_ = 1.0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::duration projecting_{};
};

}  // namespace surefoot::mpc
