#include "mpc/velocity_weight.hpp"

#include <Eigen/Cholesky>

#include "mpc/dense_kernels.hpp"

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
}  // namespace

VelocityWeight::VelocityWeight(const CentroidalDynamics& dynamics, const Weights& weights,
                               const Eigen::VectorXd& posture) {
  const Layout& l = dynamics.layout();
  const int np = padded(l.n);
  TreeTerms terms = dynamics.tree().make_terms();
  dynamics.tree().positions(Matrix3d::Identity(), posture.data(), terms);
  Eigen::MatrixXd weight = weights.joint_velocity * Eigen::MatrixXd::Identity(l.n, l.n);
  from_contacts_ = Eigen::MatrixXd::Zero(l.n, 3 * l.nc);
  for (int c = 0; c < l.nc; ++c) {
    const auto& chain = dynamics.tree().chain(c);
    const auto& point = terms.points[index(c)];
    // Without the turn's weight a swinging sole would turn about itself at no cost.
    const double turn = dynamics.tree().contact(c).size() == 6 ? weights.foot_turn : 0.0;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      for (std::size_t j = 0; j < chain.size(); ++j)
        weight(chain[i], chain[j]) +=
            weights.foot_velocity * point.jacobian[i].dot(point.jacobian[j]) +
            turn * point.jacobian_angular[i].dot(point.jacobian_angular[j]);
      from_contacts_.block<1, 3>(chain[i], 3 * c) =
          weights.foot_velocity * point.jacobian[i].transpose();
    }
  }
  from_contacts_ = weight.ldlt().solve(Eigen::MatrixXd(from_contacts_));
  matrix_.assign(index(np * np), 0.0);
  for (int j = 0; j < l.n; ++j)
    for (int i = 0; i < l.n; ++i) matrix_[index(j * np + i)] = weight(i, j);
}

void VelocityWeight::joint_velocities(const double* contact_velocities,
                                      double* joint_velocities) const {
  Eigen::Map<Eigen::VectorXd>(joint_velocities, from_contacts_.rows()).noalias() =
      from_contacts_ * Eigen::Map<const Eigen::VectorXd>(contact_velocities, from_contacts_.cols());
}

}  // namespace surefoot::mpc
