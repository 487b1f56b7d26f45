#include "mpc/friction.hpp"

#include <cmath>

namespace surefoot::mpc {

Matrix3d contact_axes(const Vector3d& normal, const Vector3d& forward) {
  Matrix3d axes;
  axes.col(2) = normal.normalized();
  Vector3d x = forward - axes.col(2).dot(forward) * axes.col(2);
  if (x.norm() < 1e-6) x = axes.col(2).unitOrthogonal();
  axes.col(0) = x.normalized();
  axes.col(1) = axes.col(2).cross(axes.col(0));
  return axes;
}

void contact_inequalities(const ContactDescription& contact, const Matrix3d& axes,
                          double normal_min, double normal_max, double unit, const double* force,
                          InequalityBlock& block) {
  const Vector3d x = axes.col(0), y = axes.col(1), n = axes.col(2);
  const double slope = contact.friction / std::sqrt(2.0);
  const bool surface = contact.kind == ContactKind::kSurface;
  block.size = contact.size();
  block.rows = 0;
  const auto add = [&](const Vector3d& on_force, const Vector3d& on_moment, double bound) {
    double* row = block.matrix[block.rows];
    double value = bound;
    for (int j = 0; j < 3; ++j) {
      row[j] = on_force[j] / unit;
      value += on_force[j] * force[j];
      if (surface) {
        row[3 + j] = on_moment[j] / unit;
        value += on_moment[j] * force[3 + j];
      }
    }
    block.offset[block.rows++] = value / unit;
  };
  const Vector3d none = Vector3d::Zero();
  for (const double sign : {1.0, -1.0}) {
    add(slope * n + sign * x, none, 0.0);
    add(slope * n + sign * y, none, 0.0);
    if (!surface) continue;
    add(contact.half_width * n, sign * x, 0.0);
    add(contact.half_length * n, sign * y, 0.0);
    add(contact.yaw_friction * n, sign * n, 0.0);
  }
  add(n, none, -normal_min);
  add(-n, none, normal_max);
}

}  // namespace surefoot::mpc
