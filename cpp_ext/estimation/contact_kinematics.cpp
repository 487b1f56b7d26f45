#include "surefoot/estimation/contact_kinematics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "estimation/so3.hpp"

namespace surefoot {
namespace {

Eigen::Matrix3d gram(const Eigen::Matrix<double, 3, Eigen::Dynamic>& jacobian, double deviation) {
  Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
  for (Eigen::Index k = 0; k < jacobian.cols(); ++k)
    sum += jacobian.col(k) * jacobian.col(k).transpose();
  return deviation * deviation * sum;
}

}  // namespace

Eigen::Matrix3d RelativeFrame::position_noise(double joint_deviation) const {
  return gram(linear_jacobian, joint_deviation);
}

Eigen::Matrix3d RelativeFrame::rotation_noise(double joint_deviation) const {
  return gram(angular_jacobian, joint_deviation);
}

ContactKinematics::ContactKinematics(const RobotDescription& description, int imu_joint,
                                     const Eigen::Matrix3d& imu_rotation,
                                     const Eigen::Vector3d& imu_translation)
    : imu_{imu_joint, imu_rotation, imu_translation},
      base_mount_{-1, Eigen::Matrix3d::Identity(), Eigen::Vector3d::Zero()} {
  description.validate();
  if (imu_joint < -1 || imu_joint >= description.nj())
    throw std::invalid_argument("imu_joint: no such joint");
  for (const auto& item : description.joints) {
    const Eigen::Matrix3d cross = skew(item.axis);
    Joint joint;
    joint.parent = item.parent;
    joint.prismatic = item.kind == JointKind::kPrismatic;
    joint.needed = joint.in_limb = false;
    joint.constant = item.rotation;
    joint.sine = item.rotation * cross;
    joint.versine = item.rotation * cross * cross;
    joint.translation = item.translation;
    joint.axis = item.axis;
    joints_.push_back(joint);
  }
  for (const auto& contact : description.contacts) {
    mounts_.push_back({contact.frame.joint, contact.frame.rotation, contact.frame.translation});
    contacts_.emplace_back();
    limbs_.emplace_back();
    for (int j = contact.frame.joint; j >= 0; j = joints_[j].parent) {
      limbs_.back().push_back(j);
      joints_[j].in_limb = true;
    }
    connect(contacts_.back(), contact.frame.joint);
  }
  connect(base_, -1);
  for (Joint& joint : joints_) {
    joint.in_limb = joint.in_limb || (joint.parent >= 0 && joints_[joint.parent].in_limb);
    joint.needed = joint.needed || joint.in_limb;
  }
}

Eigen::Vector3d ContactKinematics::contact_in_base(int i) const {
  Eigen::Matrix3d rotation;
  Eigen::Vector3d position;
  locate(mounts_[i], rotation, position);
  return position;
}

void ContactKinematics::connect(RelativeFrame& frame, int joint) {
  std::vector<int> up, down;
  for (int j = joint; j >= 0; j = joints_[j].parent) up.push_back(j);
  for (int j = imu_.joint; j >= 0; j = joints_[j].parent) down.push_back(j);
  const auto add = [&](const std::vector<int>& chain, const std::vector<int>& other, double sign) {
    for (int j : chain) {
      joints_[j].needed = true;
      if (std::find(other.begin(), other.end(), j) != other.end()) continue;
      frame.joints.push_back(j);
      frame.signs.push_back(sign);
    }
  };
  add(up, down, 1.0);
  add(down, up, -1.0);
  const auto n = static_cast<Eigen::Index>(frame.joints.size());
  frame.linear_jacobian.setZero(3, n);
  frame.angular_jacobian.setZero(3, n);
}

void ContactKinematics::update(const Eigen::Ref<const Eigen::VectorXd>& joint_position,
                               const Eigen::Ref<const Eigen::VectorXd>& joint_velocity) {
  for (std::size_t j = 0; j < joints_.size(); ++j) {
    Joint& joint = joints_[j];
    if (!joint.needed) continue;
    const double q = joint_position[static_cast<Eigen::Index>(j)];
    Eigen::Matrix3d local = joint.constant;
    if (!joint.prismatic) local += std::sin(q) * joint.sine + (1.0 - std::cos(q)) * joint.versine;
    if (joint.parent < 0) {
      joint.rotation = local;
      joint.position = joint.translation;
    } else {
      const Joint& parent = joints_[joint.parent];
      joint.rotation.noalias() = parent.rotation * local;
      joint.position = parent.position;
      joint.position.noalias() += parent.rotation * joint.translation;
    }
    joint.world_axis.noalias() = joint.rotation * joint.axis;
    if (joint.prismatic) joint.position += q * joint.world_axis;
  }
  Eigen::Matrix3d imu_rotation;
  Eigen::Vector3d imu_position;
  locate(imu_, imu_rotation, imu_position);
  for (std::size_t i = 0; i < contacts_.size(); ++i)
    place(contacts_[i], mounts_[i], imu_rotation, imu_position, joint_velocity);
  place(base_, base_mount_, imu_rotation, imu_position, joint_velocity);
}

void ContactKinematics::locate(const Mount& mount, Eigen::Matrix3d& rotation,
                               Eigen::Vector3d& position) const {
  if (mount.joint < 0) {
    rotation = mount.rotation;
    position = mount.translation;
    return;
  }
  const Joint& joint = joints_[mount.joint];
  rotation.noalias() = joint.rotation * mount.rotation;
  position = joint.position;
  position.noalias() += joint.rotation * mount.translation;
}

void ContactKinematics::place(RelativeFrame& frame, const Mount& mount,
                              const Eigen::Matrix3d& imu_rotation,
                              const Eigen::Vector3d& imu_position,
                              const Eigen::Ref<const Eigen::VectorXd>& joint_velocity) const {
  Eigen::Matrix3d rotation;
  Eigen::Vector3d position;
  locate(mount, rotation, position);
  frame.rotation.noalias() = imu_rotation.transpose() * rotation;
  frame.position.noalias() = imu_rotation.transpose() * (position - imu_position);
  frame.velocity.setZero();
  frame.angular_velocity.setZero();
  for (std::size_t k = 0; k < frame.joints.size(); ++k) {
    const Joint& joint = joints_[frame.joints[k]];
    // A joint towards the IMU moves the whole world, frame included, the other way about it.
    const Eigen::Vector3d axis = frame.signs[k] * (imu_rotation.transpose() * joint.world_axis);
    const auto column = static_cast<Eigen::Index>(k);
    if (joint.prismatic) {
      frame.linear_jacobian.col(column) = axis;
      frame.angular_jacobian.col(column).setZero();
    } else {
      frame.linear_jacobian.col(column) =
          axis.cross(imu_rotation.transpose() * (position - joint.position));
      frame.angular_jacobian.col(column) = axis;
    }
    const double rate = joint_velocity[frame.joints[k]];
    frame.velocity += rate * frame.linear_jacobian.col(column);
    frame.angular_velocity += rate * frame.angular_jacobian.col(column);
  }
}

}  // namespace surefoot
