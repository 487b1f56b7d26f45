#pragma once
#include <Eigen/Core>
#include <vector>

#include "mpc/centroidal_dynamics.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// Weight of joint velocities, by the contact velocities that they cause in a given posture:
///   foot_velocity J'J + foot_turn J_w'J_w (surface contacts) + joint_velocity I.
class SUREFOOT_API VelocityWeight {
 public:
  VelocityWeight(const CentroidalDynamics& dynamics, const Weights& weights,
                 const Eigen::VectorXd& posture);

  /// padded(n) x padded(n), symmetric.
  const std::vector<double>& matrix() const { return matrix_; }
  /// Joint velocities that best give the contacts these velocities relative to the base (3 per
  /// contact, base axes).
  void joint_velocities(const double* contact_velocities, double* joint_velocities) const;

 private:
  std::vector<double> matrix_;
  Eigen::MatrixXd from_contacts_;
};

}  // namespace surefoot::mpc
