#pragma once
#include <Eigen/Core>
#include <Eigen/Geometry>
#include <cmath>

namespace surefoot {

/// Rotation matrix of a quaternion xyzw, normalised first.
inline Eigen::Matrix3d rotation_of(const Eigen::Ref<const Eigen::Vector4d>& xyzw) {
  return Eigen::Quaterniond(xyzw(3), xyzw(0), xyzw(1), xyzw(2)).normalized().toRotationMatrix();
}

/// Rotation vector that turns `from` into `to`, in the axes in which both are given.
inline Eigen::Vector3d rotation_error(const Eigen::Matrix3d& to, const Eigen::Matrix3d& from) {
  const Eigen::Quaterniond turn(Eigen::Matrix3d(to * from.transpose()));
  const double sine = turn.vec().norm(), cosine = turn.w();
  // 2 atan2(sin, cos) / sin, its limit at zero, and always the shorter way round.
  if (sine < 1e-12) return (cosine < 0.0 ? -2.0 : 2.0) * turn.vec();
  const double angle =
      cosine < 0.0 ? 2.0 * std::atan2(-sine, -cosine) : 2.0 * std::atan2(sine, cosine);
  return (angle / sine) * turn.vec();
}

}  // namespace surefoot
