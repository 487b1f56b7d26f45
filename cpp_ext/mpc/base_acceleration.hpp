#pragma once
#include <Eigen/Core>
#include <vector>

#include "mpc/centroidal_dynamics.hpp"
#include "mpc/projection.hpp"

namespace surefoot::mpc {

/// Base acceleration that goes with a planned momentum rate while the contacts accelerate as
/// planned. Limbs carry momentum of their own: a humanoid's swinging leg takes up most of the
/// angular part, which a rigid body with the robot's inertia would give to the base.
class BaseAcceleration {
 public:
  using ContactRows = Eigen::Ref<const Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor>>;

  /// @param singular_tolerance of a straight limb, relative
  BaseAcceleration(const CentroidalDynamics& dynamics, double singular_tolerance);

  /// @param terms evaluated at a state and its input u
  /// @param rate of the tangent state there
  /// @param contact_acceleration (nc, 3) linear, world axes; surfaces do not accelerate in turning
  /// @return acceleration of the base's origin and angular acceleration, world axes
  Vector6d compute(const TreeTerms& terms, const double* u, const double* rate,
                   const ContactRows& contact_acceleration);

 private:
  using Matrix6d = Eigen::Matrix<double, 6, 6>;

  /// Contacts that share joints, and those joints: each limb is solved by itself.
  struct Limb {
    std::vector<int> contacts, joints;
    bool leg;  ///< three joints with a point at their end
    Projection rows;
  };

  /// Adds a leg to `map` and `rest` in closed form; not where it is near a singularity.
  bool carry_leg(const TreeTerms& terms, const Limb& limb, const ContactRows& contact_acceleration,
                 Matrix6d& map, Vector6d& rest) const;

  const CentroidalDynamics& dynamics_;
  double singular_tolerance_;
  std::vector<Limb> limbs_;
  TreeDrift drift_;
  std::vector<int> first_;    ///< of each contact's rows
  std::vector<double> rows_;  ///< of one limb: [joints, base, what the row should give] row-major
};

}  // namespace surefoot::mpc
