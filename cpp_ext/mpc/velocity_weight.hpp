#pragma once
#include <Eigen/Cholesky>
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
  /// Other weights in the same posture; allocates nothing.
  void set(const NmpcWeights& weights);

  /// padded(n) x padded(n), symmetric.
  const std::vector<double>& matrix() const { return matrix_; }
  /// Joint velocities that best give the contacts these velocities relative to the base (3 per
  /// contact, base axes).
  void joint_velocities(const double* contact_velocities, double* joint_velocities) const;

 private:
  Eigen::MatrixXd moving_, turning_;  ///< J'J of all contacts, and J_w'J_w of the surfaces
  Eigen::MatrixXd jacobian_;          ///< (n, 3 nc) of all contacts, transposed
  Eigen::MatrixXd weight_;
  Eigen::LDLT<Eigen::MatrixXd> factor_;
  std::vector<double> matrix_;
  Eigen::MatrixXd from_contacts_;
};

}  // namespace surefoot::mpc
