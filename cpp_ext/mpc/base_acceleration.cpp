#include "mpc/base_acceleration.hpp"

#include <Eigen/LU>

namespace surefoot::mpc {
namespace {

using ConstMap3 = Eigen::Map<const Vector3d>;
constexpr double kStep = 1e-6;  // s, of the differences that give the velocity-product terms
auto index(int i) { return static_cast<std::size_t>(i); }

int rows_of(const TreeKinematics& tree) {
  int rows = 0;
  for (int c = 0; c < tree.contacts(); ++c) rows += tree.contact(c).size();
  return rows;
}

}  // namespace

BaseAcceleration::BaseAcceleration(const CentroidalDynamics& dynamics, double singular_tolerance)
    : dynamics_(dynamics), tolerance_(singular_tolerance), ahead_(dynamics.tree().make_terms()) {
  const int rows = rows_of(dynamics.tree()), n = dynamics.layout().n;
  for (auto* vector : {&now_, &then_, &wanted_}) vector->setZero(rows);
  jacobian_.setZero(rows, n);
  gram_.setIdentity(rows, rows);
  momentum_.setZero(6, n);
  base_map_.setZero(rows, 6);
  solved_.setZero(rows, 7);
  factor_ = Eigen::LLT<Eigen::MatrixXd>(rows);
}

void BaseAcceleration::contact_velocities(const TreeTerms& terms, const Vector6d& base,
                                          const double* joint_velocity,
                                          Eigen::VectorXd& velocities) const {
  const auto& tree = dynamics_.tree();
  int row = 0;
  for (int c = 0; c < tree.contacts(); ++c) {
    const auto& point = terms.points[index(c)];
    const auto& chain = tree.chain(c);
    Vector3d linear = base.head<3>() + base.tail<3>().cross(point.position);
    Vector3d angular = base.tail<3>();
    for (std::size_t j = 0; j < chain.size(); ++j) {
      linear += point.jacobian[j] * joint_velocity[chain[j]];
      angular += point.jacobian_angular[j] * joint_velocity[chain[j]];
    }
    velocities.segment<3>(row) = linear;
    if (tree.contact(c).size() == 6) velocities.segment<3>(row + 3) = angular;
    row += tree.contact(c).size();
  }
}

Vector6d BaseAcceleration::compute(
    const TreeTerms& terms, const double* x, const double* u, const double* rate,
    const Eigen::Ref<const Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor>>&
        contact_acceleration) {
  const auto& tree = dynamics_.tree();
  const Layout& layout = dynamics_.layout();
  const double* joint_velocity = u + layout.nf;
  Vector6d base;
  base << ConstMap3(rate + Layout::kPosition), ConstMap3(rate + Layout::kOrientation);

  // What momentum and contacts would do if nothing accelerated: by a small step along the motion.
  double step[128], next[128];
  for (int i = 0; i < layout.nx; ++i) step[i] = kStep * rate[i];
  add_tangent(layout, x, step, next);
  tree.positions(orientation(next).toRotationMatrix(), next + 13, ahead_);
  const Vector6d before =
      tree.momentum_over_mass(terms, base.head<3>(), base.tail<3>(), joint_velocity);
  const Vector6d after =
      tree.momentum_over_mass(ahead_, base.head<3>(), base.tail<3>(), joint_velocity);
  const Vector6d momentum_rate = Eigen::Map<const Vector6d>(rate) - (after - before) / kStep;
  contact_velocities(terms, base, joint_velocity, now_);
  contact_velocities(ahead_, base, joint_velocity, then_);
  wanted_ = (now_ - then_) / kStep;

  jacobian_.setZero();
  int row = 0;
  for (int c = 0; c < tree.contacts(); ++c) {
    const auto& point = terms.points[index(c)];
    const auto& chain = tree.chain(c);
    const bool surface = tree.contact(c).size() == 6;
    for (std::size_t j = 0; j < chain.size(); ++j) {
      jacobian_.block<3, 1>(row, chain[j]) = point.jacobian[j];
      if (surface) jacobian_.block<3, 1>(row + 3, chain[j]) = point.jacobian_angular[j];
    }
    wanted_.segment<3>(row) += contact_acceleration.row(c).transpose();
    base_map_.block<3, 3>(row, 0).setIdentity();
    base_map_.block<3, 3>(row, 3) = -skew(point.position);
    if (surface) base_map_.block<3, 6>(row + 3, 0) << Matrix3d::Zero(), Matrix3d::Identity();
    row += tree.contact(c).size();
  }
  for (int k = 0; k < layout.n; ++k) {
    momentum_.block<3, 1>(0, k) = terms.joints[index(k)].momentum / tree.mass();
    momentum_.block<3, 1>(3, k) = terms.joints[index(k)].momentum_angular / tree.mass();
  }

  // Joint accelerations J' (J J')^-1 (wanted - base_map a), damped where a limb is straight.
  gram_.noalias() = jacobian_ * jacobian_.transpose();
  const double scale = gram_.rows() > 0 ? gram_.diagonal().maxCoeff() : 0.0;
  gram_.diagonal().array() += tolerance_ * tolerance_ * scale + 1e-12;
  factor_.compute(gram_);
  solved_.leftCols<6>() = base_map_;
  solved_.col(6) = wanted_;
  factor_.solveInPlace(solved_);
  Eigen::Matrix<double, 6, 7> limbs;
  limbs.setZero();
  for (int i = 0; i < jacobian_.rows(); ++i) {
    Vector6d per_row = Vector6d::Zero();
    for (int k = 0; k < layout.n; ++k) per_row += momentum_.col(k) * jacobian_(i, k);
    limbs += per_row * solved_.row(i);
  }

  Eigen::Matrix<double, 6, 6> map;
  map << Matrix3d::Identity(), -skew(terms.com), Matrix3d::Zero(), terms.inertia / tree.mass();
  map -= limbs.leftCols<6>();
  return map.partialPivLu().solve(momentum_rate - limbs.col(6));
}

}  // namespace surefoot::mpc
