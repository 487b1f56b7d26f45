#include "surefoot/wbc/tasks/base_motion.hpp"

#include "math/rotation.hpp"

namespace surefoot {

void BaseMotion::update(const Tick& tick) {
  const Eigen::Matrix3d rotation = rotation_of(tick.q.segment<4>(3));
  const Eigen::Vector3d linear = tick.v.head<3>(), angular = tick.v.segment<3>(3);
  const Reference& reference = tick.reference;
  Vector6 position_error, velocity_error;
  position_error << reference.base_position - tick.q.head<3>(),
      rotation_error(rotation_of(reference.base_orientation), rotation);
  velocity_error << reference.base_velocity.head<3>() - rotation * linear,
      reference.base_velocity.tail<3>() - rotation * angular;
  const Vector6 desired = reference.base_acceleration + kp.cwiseProduct(position_error) +
                          kd.cwiseProduct(velocity_error);
  rows_.form = TaskRows::Form::kSelection;
  rows_.first = 0;
  rows_.count = 6;
  // v is in the moving base frame, so its derivative lacks the frame's own turning.
  rows_.target.head<3>() = rotation.transpose() * desired.head<3>() - angular.cross(linear);
  rows_.target.segment<3>(3) = rotation.transpose() * desired.tail<3>();
  rows_.weight.head<6>().setConstant(weight);
}

}  // namespace surefoot
