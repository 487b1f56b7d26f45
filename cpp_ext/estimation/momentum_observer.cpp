#include "surefoot/estimation/momentum_observer.hpp"

#include <Eigen/Geometry>

namespace surefoot {
namespace {

// Of the mean squared lever, so that a stretched leg does not turn torque noise into force.
constexpr double kDamping = 1e-4;

}  // namespace

MomentumObserver::MomentumObserver(const RobotDescription& description,
                                   const ContactKinematics& kinematics, double time)
    : time_(time),
      bodies_(description.joints.size()),
      torque_(Eigen::VectorXd::Zero(description.nj())),
      needed_(torque_),
      last_velocity_(torque_) {
  for (std::size_t j = 0; j < bodies_.size(); ++j) {
    const JointDescription& joint = description.joints[j];
    bodies_[j].mass = joint.body.mass;
    bodies_[j].armature = joint.armature;
    bodies_[j].com = joint.body.com;
    bodies_[j].inertia = joint.body.inertia;
    if (kinematics.carries_contact(static_cast<int>(j))) joints_.push_back(static_cast<int>(j));
  }
  for (const auto& contact : description.contacts)
    surface_.push_back(contact.kind == ContactKind::kSurface);
}

void MomentumObserver::reset() {
  primed_ = ready_ = false;
  torque_.setZero();
}

void MomentumObserver::update(const ContactKinematics& kinematics, const FloatingBaseMotion& base,
                              const Eigen::VectorXd& joint_velocity,
                              const Eigen::VectorXd& joint_torque, double dt) {
  if (!joint_torque.allFinite() || !joint_velocity.allFinite() || !(dt > 0.0)) {
    reset();
    return;
  }
  if (primed_) {
    sweep(kinematics, base, (base.angular_velocity - last_angular_velocity_) / dt, joint_velocity,
          dt);
    const double blend = ready_ ? dt / (time_ + dt) : 1.0;
    for (int j : joints_) torque_[j] += blend * (needed_[j] - joint_torque[j] - torque_[j]);
    ready_ = true;
  }
  last_velocity_ = joint_velocity;
  last_angular_velocity_ = base.angular_velocity;
  primed_ = true;
}

void MomentumObserver::sweep(const ContactKinematics& kinematics, const FloatingBaseMotion& base,
                             const Eigen::Vector3d& turning, const Eigen::VectorXd& joint_velocity,
                             double dt) {
  for (int j : joints_) {
    Body& body = bodies_[j];
    const ContactKinematics::JointFrame& frame = kinematics.joint(j);
    const bool root = frame.parent < 0;
    const Body* parent = root ? nullptr : &bodies_[frame.parent];
    const Eigen::Vector3d& spin = root ? base.angular_velocity : parent->velocity;
    const Eigen::Vector3d& turn = root ? turning : parent->turning;
    const Eigen::Vector3d arm =
        root ? frame.position
             : Eigen::Vector3d(frame.position - kinematics.joint(frame.parent).position);
    body.acceleration = root ? base.specific_force : parent->acceleration;
    body.acceleration += turn.cross(arm) + spin.cross(spin.cross(arm));
    const double rate = joint_velocity[j], speeding = (rate - last_velocity_[j]) / dt;
    if (frame.prismatic) {
      body.velocity = spin;
      body.turning = turn;
      body.acceleration += speeding * frame.world_axis + 2.0 * rate * spin.cross(frame.world_axis);
    } else {
      body.velocity = spin + rate * frame.world_axis;
      body.turning = turn + speeding * frame.world_axis + rate * spin.cross(frame.world_axis);
    }
    const Eigen::Vector3d com = frame.rotation * body.com;
    body.force = body.mass * (body.acceleration + body.turning.cross(com) +
                              body.velocity.cross(body.velocity.cross(com)));
    const Eigen::Vector3d local_velocity = frame.rotation.transpose() * body.velocity;
    const Eigen::Vector3d local_turning = frame.rotation.transpose() * body.turning;
    body.moment = frame.rotation * (body.inertia * local_turning +
                                    local_velocity.cross(body.inertia * local_velocity));
    body.moment += com.cross(body.force);
    needed_[j] = body.armature * speeding;
  }
  for (auto it = joints_.rbegin(); it != joints_.rend(); ++it) {
    const Body& body = bodies_[*it];
    const ContactKinematics::JointFrame& frame = kinematics.joint(*it);
    needed_[*it] += frame.world_axis.dot(frame.prismatic ? body.force : body.moment);
    if (frame.parent < 0) continue;
    Body& parent = bodies_[frame.parent];
    parent.force += body.force;
    parent.moment += body.moment;
    parent.moment += (frame.position - kinematics.joint(frame.parent).position).cross(body.force);
  }
}

template <int kSize>
Eigen::Vector3d MomentumObserver::force_of(const ContactKinematics& kinematics, int contact) const {
  using Column = Eigen::Matrix<double, kSize, 1>;
  const Eigen::Vector3d point = kinematics.contact_in_base(contact);
  Eigen::Matrix<double, kSize, kSize> gram = Eigen::Matrix<double, kSize, kSize>::Zero();
  Column right = Column::Zero(), column = Column::Zero();
  for (int j : kinematics.limb(contact)) {
    const ContactKinematics::JointFrame& frame = kinematics.joint(j);
    column.template head<3>() =
        frame.prismatic ? frame.world_axis : frame.world_axis.cross(point - frame.position);
    if constexpr (kSize == 6) {
      column.template tail<3>().setZero();
      if (!frame.prismatic) column.template tail<3>() = frame.world_axis;
    }
    gram.noalias() += column * column.transpose();
    right += torque_[j] * column;
  }
  gram.diagonal().array() += kDamping * gram.template topLeftCorner<3, 3>().trace() + 1e-12;
  return gram.ldlt().solve(right).template head<3>();
}

Eigen::Vector3d MomentumObserver::force(const ContactKinematics& kinematics, int contact) const {
  // J^T f = torque in the least-squares sense, J of the contact relative to the base.
  return surface_[contact] ? force_of<6>(kinematics, contact) : force_of<3>(kinematics, contact);
}

}  // namespace surefoot
