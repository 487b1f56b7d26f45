#pragma once
#include <Eigen/Core>
#include <Eigen/Geometry>
#include <cmath>

namespace surefoot {

/// Matrix of the cross product: skew(a) b = a x b.
inline Eigen::Matrix3d skew(const Eigen::Vector3d& a) {
  Eigen::Matrix3d m;
  m << 0.0, -a.z(), a.y(), a.z(), 0.0, -a.x(), -a.y(), a.x(), 0.0;
  return m;
}

/// a I + b [phi]x + c [phi]x^2: every series below has this form.
inline Eigen::Matrix3d rotation_series(const Eigen::Vector3d& phi, double a, double b, double c) {
  Eigen::Matrix3d m = b * skew(phi) + c * (phi * phi.transpose());
  m.diagonal().array() += a - c * phi.squaredNorm();
  return m;
}

/// Rotation matrix of a rotation vector (Rodrigues).
inline Eigen::Matrix3d so3_exp(const Eigen::Vector3d& phi) {
  const double s2 = phi.squaredNorm(), s = std::sqrt(s2);
  if (s < 1e-4) return rotation_series(phi, 1.0, 1.0 - s2 / 6.0, 0.5 - s2 / 24.0);
  return rotation_series(phi, 1.0, std::sin(s) / s, (1.0 - std::cos(s)) / s2);
}

/// Left Jacobian of SO(3): the integral of exp(t phi) over t in [0, 1].
inline Eigen::Matrix3d so3_left_jacobian(const Eigen::Vector3d& phi) {
  const double s2 = phi.squaredNorm(), s = std::sqrt(s2);
  if (s < 1e-4) return rotation_series(phi, 1.0, 0.5 - s2 / 24.0, 1.0 / 6.0 - s2 / 120.0);
  return rotation_series(phi, 1.0, (1.0 - std::cos(s)) / s2, (s - std::sin(s)) / (s2 * s));
}

/// Rotation vector of a rotation matrix; norm at most pi.
inline Eigen::Vector3d so3_log(const Eigen::Matrix3d& r) {
  const Eigen::Vector3d w(r(2, 1) - r(1, 2), r(0, 2) - r(2, 0), r(1, 0) - r(0, 1));
  const double s = 0.5 * w.norm(), c = 0.5 * (r.trace() - 1.0);
  const double angle = std::atan2(s, c);
  if (s > 1e-6) return (0.5 * angle / s) * w;
  if (c > 0.0) return 0.5 * w;
  // Half a turn: the axis is the largest column of R + I.
  Eigen::Matrix3d m = r;
  m.diagonal().array() += 1.0;
  Eigen::Index k = 0;
  m.diagonal().maxCoeff(&k);
  return angle * m.col(k).normalized();
}

/// Removes the rounding that repeated products leave in a rotation matrix (one Newton step of
/// the polar decomposition, exact to second order).
inline void so3_normalize(Eigen::Matrix3d& r) {
  const Eigen::Matrix3d gram = r.transpose() * r;
  r = r * (1.5 * Eigen::Matrix3d::Identity() - 0.5 * gram);
}

/// Rotation with the given gravity-up direction (unit, body axes) and yaw about the world's z.
inline Eigen::Matrix3d rotation_from_up(const Eigen::Vector3d& up, double yaw) {
  // Body x, made horizontal, points along yaw; for a nose-up body y decides.
  Eigen::Vector3d x = Eigen::Vector3d::UnitX() - up.x() * up;
  if (x.norm() < 1e-3) x = Eigen::Vector3d::UnitY().cross(up);
  x.normalize();
  const Eigen::Vector3d y = up.cross(x);
  Eigen::Matrix3d level;  // rows: world axes before yaw, in the body
  level << x.transpose(), y.transpose(), up.transpose();
  Eigen::Matrix3d turn;
  turn << std::cos(yaw), -std::sin(yaw), 0.0, std::sin(yaw), std::cos(yaw), 0.0, 0.0, 0.0, 1.0;
  return turn * level;
}

}  // namespace surefoot
