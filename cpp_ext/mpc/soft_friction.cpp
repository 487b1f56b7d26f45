#include "mpc/soft_friction.hpp"

#include <cmath>

namespace surefoot::mpc {

void RelaxedBarrier::evaluate(double h) {
  if (h > relaxation) {
    value = -weight * std::log(h);
    slope = -weight / h;
    curvature = weight / (h * h);
    return;
  }
  const double r = (h - 2.0 * relaxation) / relaxation;
  value = weight * (-std::log(relaxation) + 0.5 * r * r - 0.5);
  slope = weight * r / relaxation;
  curvature = weight / (relaxation * relaxation);
}

double soft_friction(const ContactDescription& contact, const Matrix3d& axes,
                     RelaxedBarrier barrier, double smoothing, double scale, const double* force,
                     double* gradient, double* hessian, int stride) {
  using Vector6d = Eigen::Matrix<double, 6, 1>;
  const int size = contact.size();
  const Vector3d f(force[0], force[1], force[2]), n = axes.col(2);
  double cost = 0.0;
  const auto add = [&](double h, const Vector6d& row) {
    barrier.evaluate(h);
    cost += scale * barrier.value;
    for (int j = 0; j < size; ++j) {
      gradient[j] += scale * barrier.slope * row[j];
      for (int i = 0; i < size; ++i)
        hessian[j * stride + i] += scale * barrier.curvature * row[i] * row[j];
    }
  };
  const Vector3d tangential = f - n.dot(f) * n;
  const double length = std::sqrt(tangential.squaredNorm() + smoothing * smoothing);
  Vector6d row = Vector6d::Zero();
  row.head<3>() = contact.friction * n - tangential / length;
  add(contact.friction * n.dot(f) - length, row);
  // The cone is concave and the barrier falls: its own curvature adds to the Hessian.
  const Matrix3d flat = Matrix3d::Identity() - n * n.transpose();
  const Matrix3d curved = (flat - tangential * tangential.transpose() / (length * length)) / length;
  for (int j = 0; j < 3; ++j)
    for (int i = 0; i < 3; ++i) hessian[j * stride + i] -= scale * barrier.slope * curved(i, j);
  if (contact.kind != ContactKind::kSurface) return cost;
  const Vector3d moment(force[3], force[4], force[5]);
  const double limits[3] = {contact.half_width, contact.half_length, contact.yaw_friction};
  for (int axis = 0; axis < 3; ++axis)
    for (const double sign : {1.0, -1.0}) {
      row.head<3>() = limits[axis] * n;
      row.tail<3>() = sign * axes.col(axis);
      add(limits[axis] * n.dot(f) + sign * axes.col(axis).dot(moment), row);
    }
  return cost;
}

}  // namespace surefoot::mpc
