#include "surefoot/wbc/tasks/frame_motion.hpp"

#include <stdexcept>

#include "math/rotation.hpp"
#include "wbc/frame_index.hpp"

namespace surefoot {
namespace {

int index_of(const RobotDescription& description, const std::string& frame,
             const std::string& task) {
  const int index = frame_index(description, frame);
  if (index < 0)
    throw std::invalid_argument("task '" + task + "': the robot has no frame '" + frame +
                                "' (robot.frame_names lists them)");
  return index;
}

}  // namespace

void FrameMotion::check(const RobotDescription& description) {
  frame_index_ = index_of(description, frame_, name());
  relative_index_ = relative_to_.empty() ? -1 : index_of(description, relative_to_, name());
  if (frame_index_ == relative_index_)
    throw std::invalid_argument("task '" + name() + "': frame '" + frame_ +
                                "' cannot move relative to itself");
  jacobian_.setZero(6, description.nv());
  reset();
}

void FrameMotion::update(const Tick& tick) {
  const RigidBody& body = tick.body;
  const auto nv = tick.v.size();
  Eigen::Matrix3d rotation = body.frame_rotation(frame_index_);
  const Eigen::Vector3d arm = rotation * offset_;
  Eigen::Vector3d position = body.frame_position(frame_index_) + arm;
  Vector6 velocity = body.frame_velocity(frame_index_), drift = body.frame_drift(frame_index_);
  const auto& frame_jacobian = body.frame_jacobian(frame_index_);
  Eigen::Vector3d spin = velocity.tail<3>(), spin_drift = drift.tail<3>();
  velocity.head<3>() += spin.cross(arm);
  drift.head<3>() += spin_drift.cross(arm) + spin.cross(spin.cross(arm));
  for (Eigen::Index j = 0; j < nv; ++j) {
    const Eigen::Vector3d angular = frame_jacobian.col(j).tail<3>();
    jacobian_.col(j).head<3>() = frame_jacobian.col(j).head<3>() + angular.cross(arm);
    jacobian_.col(j).tail<3>() = angular;
  }

  if (relative_index_ >= 0) {
    const auto& other = body.frame_jacobian(relative_index_);
    const auto& other_velocity = body.frame_velocity(relative_index_);
    const auto& other_drift = body.frame_drift(relative_index_);
    const Eigen::Matrix3d to_other = body.frame_rotation(relative_index_).transpose();
    const Eigen::Vector3d turn = other_velocity.tail<3>(), turn_drift = other_drift.tail<3>();
    const Eigen::Vector3d between = position - body.frame_position(relative_index_);
    const Eigen::Vector3d moving =
        velocity.head<3>() - other_velocity.head<3>() - turn.cross(between);
    drift.head<3>() -= other_drift.head<3>() + turn_drift.cross(between) +
                       turn.cross(turn.cross(between)) + 2.0 * turn.cross(moving);
    drift.tail<3>() -= turn_drift + turn.cross(spin);
    for (Eigen::Index j = 0; j < nv; ++j) {
      const Eigen::Vector3d angular = other.col(j).tail<3>();
      const Eigen::Vector3d linear =
          jacobian_.col(j).head<3>() - other.col(j).head<3>() - angular.cross(between);
      const Eigen::Vector3d relative = jacobian_.col(j).tail<3>() - angular;
      jacobian_.col(j).head<3>() = to_other * linear;
      jacobian_.col(j).tail<3>() = to_other * relative;
    }
    position = to_other * between;
    rotation = to_other * rotation;
    velocity = (Vector6() << to_other * moving, to_other * (spin - turn)).finished();
    const Eigen::Vector3d linear = drift.head<3>(), angular = drift.tail<3>();
    drift << to_other * linear, to_other * angular;
  }

  if (!given_ && !held_) {
    const Eigen::Quaterniond orientation(rotation);
    reference_ = {position, orientation.coeffs(), Vector6::Zero(), Vector6::Zero()};
    held_ = true;
  }
  Vector6 error;
  error << reference_.position - position,
      rotation_error(rotation_of(reference_.orientation), rotation);
  const Vector6 target = reference_.acceleration + kp.cwiseProduct(error) +
                         kd.cwiseProduct(reference_.velocity - velocity) - drift;
  const int count = part_ == Part::kPose ? 6 : 3;
  const int first = part_ == Part::kOrientation ? 3 : 0;
  rows_.form = TaskRows::Form::kAcceleration;
  rows_.count = count;
  rows_.matrix.topLeftCorner(count, nv) = jacobian_.middleRows(first, count);
  rows_.target.head(count) = target.segment(first, count);
  rows_.weight.head(count).setConstant(weight);
}

}  // namespace surefoot
