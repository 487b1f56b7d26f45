#include "mpc/terms/state_tracking.hpp"

#include <cmath>

#include "mpc/references.hpp"

namespace surefoot::mpc {
namespace {

Matrix3d heading_axes(const double* reference) {
  const double yaw = heading(orientation(reference).toRotationMatrix());
  Matrix3d axes;
  axes << std::cos(yaw), -std::sin(yaw), 0.0, std::sin(yaw), std::cos(yaw), 0.0, 0.0, 0.0, 1.0;
  return axes;
}

}  // namespace

StateTracking::StateTracking(const Weights& w, const Layout& layout)
    : CostTerm("state_tracking"), weights_(w), error_(static_cast<std::size_t>(layout.nx)) {}

const Vector3d& StateTracking::weight(int vector) const {
  const Vector3d* const all[] = {&weights_.momentum_linear, &weights_.momentum_angular,
                                 &weights_.base_position, &weights_.base_orientation};
  return *all[vector];
}

double StateTracking::value(const StagePoint& p) {
  subtract_states(p.layout(), p.x, p.state_reference, error_.data());
  const Matrix3d axes = heading_axes(p.state_reference);
  double sum = 0.0;
  for (int b = 0; b < 4; ++b) {
    const Vector3d along = axes.transpose() * Eigen::Map<const Vector3d>(error_.data() + 3 * b);
    sum += along.dot(weight(b).cwiseProduct(along));
  }
  for (std::size_t i = 12; i < error_.size(); ++i)
    sum += weights_.joint_position * error_[i] * error_[i];
  return 0.5 * sum;
}

void StateTracking::add(const StagePoint& p, double scale, StageCost& cost) {
  subtract_states(p.layout(), p.x, p.state_reference, error_.data());
  const Matrix3d axes = heading_axes(p.state_reference);
  for (int b = 0; b < 4; ++b) {
    const Vector3d error = Eigen::Map<const Vector3d>(error_.data() + 3 * b);
    Matrix3d block = scale * axes * weight(b).asDiagonal() * axes.transpose();
    Vector3d gradient = block * error;
    if (3 * b == Layout::kOrientation) {
      const Matrix3d inverse = inverse_left_jacobian(error);
      gradient = inverse.transpose() * gradient;
      block = inverse.transpose() * block * inverse;
    }
    for (int j = 0; j < 3; ++j) {
      cost.state_gradient(3 * b + j) += gradient[j];
      for (int i = 0; i < 3; ++i) cost.state_hessian(3 * b + i, 3 * b + j) += block(i, j);
    }
  }
  for (int i = Layout::kJoints; i < p.layout().nx; ++i) {
    cost.state_gradient(i) += scale * weights_.joint_position * error_[static_cast<std::size_t>(i)];
    cost.state_hessian(i, i) += scale * weights_.joint_position;
  }
}

}  // namespace surefoot::mpc
