#include "control/prediction.hpp"

#include <Eigen/Geometry>

namespace surefoot {
namespace {

Eigen::Quaterniond orientation(const Eigen::VectorXd& q) {
  return Eigen::Quaterniond(q[6], q[3], q[4], q[5]);
}

Eigen::Quaterniond quaternion(const Eigen::Vector4d& xyzw) { return Eigen::Quaterniond(xyzw); }

}  // namespace

void move_along(const NmpcSample& now, const NmpcSample& then, Eigen::VectorXd& q,
                Eigen::VectorXd& v) {
  const Eigen::Index nj = q.size() - 7;
  const Eigen::Quaterniond before = orientation(q);
  const Eigen::Quaterniond after =
      (quaternion(then.base_orientation) * quaternion(now.base_orientation).conjugate() * before)
          .normalized();
  q.head<3>() += then.base_position - now.base_position;
  q.segment<4>(3) = after.coeffs();
  q.tail(nj) += then.joint_position - now.joint_position;
  const Eigen::Vector3d linear =
      before * v.head<3>() + (then.base_velocity - now.base_velocity).head<3>();
  const Eigen::Vector3d angular =
      before * v.segment<3>(3) + (then.base_velocity - now.base_velocity).tail<3>();
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
