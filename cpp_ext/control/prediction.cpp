#include "control/prediction.hpp"

#include <Eigen/Geometry>

namespace surefoot {
namespace {

Eigen::Quaterniond orientation(const Eigen::VectorXd& q) {
  return Eigen::Quaterniond(q[6], q[3], q[4], q[5]);
}

Eigen::Quaterniond quaternion(const Eigen::Vector4d& xyzw) { return Eigen::Quaterniond(xyzw); }

}  // namespace

void move_along(const NmpcSample& now, const NmpcSample& then, const NmpcSample& driven, double dt,
                Eigen::VectorXd& q, Eigen::VectorXd& v) {
  using Vector6d = Eigen::Matrix<double, 6, 1>;
  const Eigen::Index nj = q.size() - 7;
  const Eigen::Quaterniond before = orientation(q);
  Vector6d velocity;
  velocity << before * v.head<3>(), before * v.segment<3>(3);
  const Vector6d change = dt * (driven.base_acceleration - now.base_acceleration);
  const Vector6d way = dt * (velocity - now.base_velocity + 0.5 * change);
  const Eigen::Vector3d turn = way.tail<3>();
  const Eigen::Quaterniond after =
      (Eigen::Quaterniond(Eigen::AngleAxisd(turn.norm(), turn.stableNormalized())) *
       quaternion(then.base_orientation) * quaternion(now.base_orientation).conjugate() * before)
          .normalized();
  q.head<3>() += then.base_position - now.base_position + way.head<3>();
  q.segment<4>(3) = after.coeffs();
  q.tail(nj) += then.joint_position - now.joint_position;
  velocity += then.base_velocity - now.base_velocity + change;
  const Eigen::Vector3d linear = velocity.head<3>(), angular = velocity.tail<3>();
  v.head<3>() = after.conjugate() * linear;
  v.segment<3>(3) = after.conjugate() * angular;
  v.tail(nj) += then.joint_velocity - now.joint_velocity;
}

void move_on(double dt, Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  const Eigen::Quaterniond turn = orientation(q);
  q.head<3>() += dt * (turn * v.head<3>());
  const Eigen::Vector3d angle = dt * v.segment<3>(3);
  if (angle.norm() > 0.0)
    q.segment<4>(3) =
        (turn * Eigen::Quaterniond(Eigen::AngleAxisd(angle.norm(), angle.normalized())))
            .normalized()
            .coeffs();
  q.tail(q.size() - 7) += dt * v.tail(v.size() - 6);
}

}  // namespace surefoot
