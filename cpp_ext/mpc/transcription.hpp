#pragma once
#include <chrono>
#include <vector>

#include "mpc/centroidal_dynamics.hpp"
#include "mpc/projection.hpp"
#include "mpc/stage_qp.hpp"

namespace surefoot::mpc {

/// Weights of the cost and bounds of the forces.
struct Weights {
  Vector3d momentum_linear, momentum_angular, base_position, base_orientation;
  double joint_position, force, moment, foot_velocity, foot_turn, joint_velocity, foothold,
      terminal;
  double force_min, force_max;  ///< N
  bool soft_friction;           ///< as a cost, in place of inequalities
  double barrier_weight, barrier_relaxation, barrier_smoothing;  ///< -, N, N
  double singular_tolerance;  ///< relative, of the contact Jacobian
};

/// What one contact is asked to do over one interval.
struct ContactTask {
  bool stance = true;
  Vector3d normal = Vector3d::UnitZ();
  double velocity = 0.0;          ///< of its frame along the normal, m/s
  double height = 0.0;            ///< of its frame at the start of the interval, m
  double gain = 0.0;              ///< 1/s, from height error to velocity
  double target[2] = {0.0, 0.0};  ///< xy of a swing foot at the start of the interval
};

/// One interval of the optimal control problem, before linearisation.
struct Interval {
  double time = 0.0, dt = 0.0;
  std::vector<ContactTask> contacts;
  std::vector<double> state_reference, input_reference;
};

/// Largest violations met at the linearisation point.
struct Violations {
  double dynamics = 0.0, equality = 0.0;
  int damped = 0;
};

/// Turns intervals into the stages of the quadratic program: dynamics, costs, equality
/// constraints and their projection.
class Transcription {
 public:
  Transcription(const RobotDescription& description, const Weights& weights,
                const Eigen::VectorXd& posture);

  const Layout& layout() const { return dynamics_.layout(); }
  const CentroidalDynamics& dynamics() const { return dynamics_; }
  const Weights& weights() const { return weights_; }
  int equality_rows() const { return equality_rows_; }

  /// Linearises interval `k` about (x, u), next state `x_next`, into the stage.
  void linearize(const Interval& interval, const double* x, const double* u, const double* x_next,
                 int k, OcpQp& qp, Violations& violations);
  void terminal(const double* x, const double* reference, OcpQp& qp);
  /// Share of the projection in the time of the linearisations since the clock was restarted.
  void restart_clock() {
    started_ = std::chrono::steady_clock::now();
    projecting_ = {};
  }
  double projection_share() const;
  /// Largest defect and constraint violation of one interval, without derivatives.
  void measure(const Interval& interval, const double* x, const double* u, const double* x_next,
               Violations& violations);
  /// Base velocity (linear, angular; world) at the interval measured last, whose state is x.
  void base_velocity(const double* x, double* velocity) const;
  /// Adds the step z of stage k to the full input.
  void expand(const Interval& interval, int k, const OcpQp& qp, const double* z, double* u) const;
  /// Full feedback matrix (nu_full x nx row-major) of stage k from the projected one.
  void expand_gain(const Interval& interval, int k, const OcpQp& qp, const double* projected,
                   double* gain) const;
  /// Joint velocities that best give the contacts these velocities relative to the base (3 per
  /// contact, base axes) in the given posture.
  void joint_velocities(const double* contact_velocities, double* joint_velocities) const;
  /// Makes room for the eliminations of every stage of `qp`.
  void resize(const OcpQp& qp);

 private:
  int equality_constraints(const Interval& interval, const double* x, const TreeTerms& terms,
                           bool rows);
  void state_cost(const double* x, const double* reference, double scale, double* H, int stride,
                  double* g);
  void foothold_cost(const Interval& interval, const double* x, double scale, double* H, int stride,
                     double* g);
  void input_cost(const Interval& interval, const double* u, int nu, int k, OcpQp& qp);

  CentroidalDynamics dynamics_;
  Weights weights_;
  int equality_rows_;
  TreeTerms terms_, scratch_;
  Projection projection_;
  std::vector<double> jacobian_, equality_, rhs_, rows_, next_, tangent_, velocity_weight_,
      product_;
  struct Elimination {
    std::vector<double> map;  ///< dv = map [du; dx] + offset, n rows of nz
    std::vector<double> offset;
  };
  std::vector<Elimination> eliminations_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::duration projecting_{};
  std::vector<Matrix3d> contact_axes_;  ///< of stance contacts at the last linearisation
  Eigen::MatrixXd contacts_to_joints_;  ///< of `joint_velocities`
};

}  // namespace surefoot::mpc
