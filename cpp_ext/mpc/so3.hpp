#pragma once
#include <Eigen/Core>
#include <Eigen/Geometry>
#include <cmath>

/// Rotations and their tangent space (rotation vectors in world axes, multiplied from the left).
/// Formulas: Sola, Deray, Atchuthan, "A micro Lie theory for state estimation in robotics", 2018.
namespace surefoot::mpc {

using Eigen::Matrix3d;
using Eigen::Quaterniond;
using Eigen::Vector3d;

/// Matrix of the cross product: skew(a) b = a x b.
inline Matrix3d skew(const Vector3d& a) {
  Matrix3d m;
  m << 0.0, -a.z(), a.y(), a.z(), 0.0, -a.x(), -a.y(), a.x(), 0.0;
  return m;
}

/// Quaternion of the rotation vector `a`.
inline Quaterniond exp_quaternion(const Vector3d& a) {
  const double angle = a.norm();
  const double half = 0.5 * angle;
  const double scale = angle < 1e-6 ? 0.5 - angle * angle / 48.0 : std::sin(half) / angle;
  return {std::cos(half), scale * a.x(), scale * a.y(), scale * a.z()};
}

/// Rotation vector of a unit quaternion, of length at most pi.
inline Vector3d log_quaternion(const Quaterniond& q) {
  const double sign = q.w() < 0.0 ? -1.0 : 1.0;
  const Vector3d vec = sign * q.vec();
  const double sine = vec.norm(), cosine = sign * q.w();
  const double scale = sine < 1e-9 ? 2.0 : 2.0 * std::atan2(sine, cosine) / sine;
  return scale * vec;
}

/// d exp: exp(a + da) = exp(left_jacobian(a) da) exp(a) to first order.
inline Matrix3d left_jacobian(const Vector3d& a) {
  const double angle2 = a.squaredNorm(), angle = std::sqrt(angle2);
  double b = 0.5 - angle2 / 24.0, c = 1.0 / 6.0 - angle2 / 120.0;
  if (angle > 1e-3) {
    b = (1.0 - std::cos(angle)) / angle2;
    c = (angle - std::sin(angle)) / (angle2 * angle);
  }
  const Matrix3d s = skew(a);
  return Matrix3d::Identity() + b * s + c * s * s;
}

/// Inverse of `left_jacobian`, for |a| < 2 pi.
inline Matrix3d inverse_left_jacobian(const Vector3d& a) {
  const double angle2 = a.squaredNorm(), angle = std::sqrt(angle2);
  double c = 1.0 / 12.0 + angle2 / 720.0;
  if (angle > 1e-3) c = 1.0 / angle2 - (1.0 + std::cos(angle)) / (2.0 * angle * std::sin(angle));
  const Matrix3d s = skew(a);
  return Matrix3d::Identity() - 0.5 * s + c * s * s;
}

}  // namespace surefoot::mpc
