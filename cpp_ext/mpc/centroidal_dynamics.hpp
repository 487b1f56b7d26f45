#pragma once
#include <vector>

#include "mpc/tree_kinematics.hpp"

namespace surefoot::mpc {

/// Where things stand in states, tangent vectors and inputs.
///
/// State (13 + n): [momentum / mass (linear, angular about the CoM; world), base position,
/// base quaternion xyzw, joints]; its tangent (12 + n) has a rotation vector in world axes instead
/// of the quaternion. Input (nf + n): [contact forces or wrenches in world axes, joint velocities].
/// Columns of Jacobians: [tangent (nx), joint velocities (n), forces (nf)], `stride` apart by row.
struct SUREFOOT_API Layout {
  explicit Layout(const TreeKinematics& tree);
  int n, nc, nf, nx, nstate, nu, stride;
  std::vector<int> force;  ///< first force component of each contact
  int velocity_column() const { return nx; }
  int force_column() const { return nx + n; }
  static constexpr int kAngular = 3, kPosition = 6, kOrientation = 9, kJoints = 12;
};

/// x (+) dx and a (-) b on the state manifold.
SUREFOOT_API void add_tangent(const Layout& layout, const double* x, const double* dx,
                              double* result);
SUREFOOT_API void subtract_states(const Layout& layout, const double* a, const double* b,
                                  double* dx);
SUREFOOT_API Quaterniond orientation(const double* state);

/// Centroidal dynamics of the whole tree:
///   d(h/m)/dt = [sum f / m + g, sum (p_i - c) x f_i / m + moments / m],
///   base velocity from the momentum, d(joints)/dt = joint velocities;
/// and Heun's rule (RK2) on the manifold, with first derivatives.
class SUREFOOT_API CentroidalDynamics {
 public:
  explicit CentroidalDynamics(const RobotDescription& description);

  const TreeKinematics& tree() const { return tree_; }
  const Layout& layout() const { return layout_; }

  /// Terms at (x, u); with `derivatives`, also what the row functions below need.
  void evaluate(const double* x, const double* u, TreeTerms& terms, bool derivatives) const;
  /// Tangent rate (12 + n) at terms evaluated for (x, u).
  void rate(const TreeTerms& terms, const double* x, const double* u, double* xdot) const;
  /// One step of Heun's rule; `terms` end evaluated at (x, u).
  void step(const double* x, const double* u, double dt, TreeTerms& terms, TreeTerms& scratch,
            double* next) const;
  /// The same from `terms` that are evaluated at (x, u).
  void advance(const TreeTerms& terms, const double* x, const double* u, double dt,
               TreeTerms& scratch, double* next) const;
  /// As `step`, with d(next tangent)/d(columns) in `jacobian` (12 + n rows).
  void linearize(const double* x, const double* u, double dt, TreeTerms& terms, TreeTerms& scratch,
                 double* next, double* jacobian);

  /// Jacobian rows (three each) at terms evaluated with derivatives.
  void point_velocity_rows(const TreeTerms& terms, const double* x, int contact,
                           double* rows) const;
  void point_angular_rows(const TreeTerms& terms, const double* x, int contact, double* rows) const;
  void point_position_rows(const TreeTerms& terms, int contact, double* rows) const;

 private:
  /// Rows of the rates of angular momentum, position and orientation: nine of them.
  void rate_rows(const TreeTerms& terms, const double* x, const double* u, double* rows) const;

  TreeKinematics tree_;
  Layout layout_;
  std::vector<double> first_, second_, middle_;
};

}  // namespace surefoot::mpc
