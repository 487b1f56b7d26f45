#include "control/joint_commands.hpp"

namespace surefoot {

JointCommands::JointCommands(const RobotDescription& description, const ControlOptions& options)
    : options_(options),
      effort_(description.nj()),
      speed_(description.nj()),
      lower_(description.nj()),
      upper_(description.nj()) {
  for (int j = 0; j < description.nj(); ++j) {
    const JointDescription& joint = description.joints[static_cast<std::size_t>(j)];
    effort_[j] = joint.effort_limit;
    speed_[j] = joint.velocity_limit;
    lower_[j] = joint.position_lower;
    upper_[j] = joint.position_upper;
  }
  support_.setConstant(description.nc(), description.nj(), false);
  for (int i = 0; i < description.nc(); ++i)
    for (int j = description.contacts[static_cast<std::size_t>(i)].frame.joint; j >= 0;
         j = description.joints[static_cast<std::size_t>(j)].parent)
      support_(i, j) = true;
}

void JointCommands::damp(JointCommand& command) const {
  command.velocity.setZero();
  command.kp.setZero();
  command.kd = options_.damping_kd * effort_;
  command.torque.setZero();
}

void JointCommands::hold(const Eigen::VectorXd& position, const Eigen::VectorXd& velocity,
                         JointCommand& command) const {
  command.position = position;
  command.velocity = velocity;
  command.kp = options_.hold_kp * effort_;
  command.kd = options_.hold_kd * effort_;
  command.torque.setZero();
}

void JointCommands::track(const Reference& reference, const WholeBodyController::Contacts& contacts,
                          const Eigen::VectorXd& torque, JointCommand& command) const {
  command.position = reference.joint_position;
  command.velocity = reference.joint_velocity;
  command.torque = torque;
  command.kp.setConstant(options_.joint_kp);
  command.kd.setConstant(options_.joint_kd);
  for (Eigen::Index i = 0; i < contacts.size(); ++i)
    for (Eigen::Index j = 0; !contacts[i] && j < effort_.size(); ++j)
      if (support_(i, j)) {
        command.kp[j] = options_.swing_joint_kp;
        command.kd[j] = options_.swing_joint_kd;
      }
}

void JointCommands::clip(JointCommand& command) const {
  command.position = command.position.cwiseMin(upper_).cwiseMax(lower_);
  command.velocity = command.velocity.cwiseMin(speed_).cwiseMax(-speed_);
  command.torque = command.torque.cwiseMin(effort_).cwiseMax(-effort_);
}

}  // namespace surefoot
