#include "mpc/velocity_weight.hpp"

#include "mpc/dense_kernels.hpp"

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
}  // namespace

VelocityWeight::VelocityWeight(const CentroidalDynamics& dynamics, const Weights& weights,
                               const Eigen::VectorXd& posture) {
  const Layout& l = dynamics.layout();
  TreeTerms terms = dynamics.tree().make_terms();
  dynamics.tree().positions(Matrix3d::Identity(), posture.data(), terms);
  moving_ = turning_ = weight_ = Eigen::MatrixXd::Zero(l.n, l.n);
  jacobian_ = from_contacts_ = Eigen::MatrixXd::Zero(l.n, 3 * l.nc);
  factor_.compute(Eigen::MatrixXd::Identity(l.n, l.n));  // takes its memory now
  for (int c = 0; c < l.nc; ++c) {
    const auto& chain = dynamics.tree().chain(c);
    const auto& point = terms.points[index(c)];
    const bool surface = dynamics.tree().contact(c).size() == 6;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      for (std::size_t j = 0; j < chain.size(); ++j) {
        moving_(chain[i], chain[j]) += point.jacobian[i].dot(point.jacobian[j]);
        if (surface)
          turning_(chain[i], chain[j]) += point.jacobian_angular[i].dot(point.jacobian_angular[j]);
      }
      jacobian_.block<1, 3>(chain[i], 3 * c) = point.jacobian[i].transpose();
    }
  }
  matrix_.assign(index(padded(l.n) * padded(l.n)), 0.0);
  set(weights);
}

void VelocityWeight::set(const NmpcWeights& weights) {
  // Without the turn's weight a swinging sole would turn about itself at no cost.
  weight_ = weights.foot_velocity * moving_ + weights.foot_turn * turning_;
  weight_.diagonal().array() += weights.joint_velocity;
  factor_.compute(weight_);
  from_contacts_ = weights.foot_velocity * jacobian_;
  factor_.solveInPlace(from_contacts_);
  const int n = static_cast<int>(weight_.rows()), np = padded(n);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) matrix_[index(j * np + i)] = weight_(i, j);
}

void VelocityWeight::joint_velocities(const double* contact_velocities,
                                      double* joint_velocities) const {
  Eigen::Map<Eigen::VectorXd>(joint_velocities, from_contacts_.rows()).noalias() =
      from_contacts_ * Eigen::Map<const Eigen::VectorXd>(contact_velocities, from_contacts_.cols());
}

}  // namespace surefoot::mpc
