/// Which contacts a state estimator believes, how they move and what they stand on.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "surefoot/estimation/state_estimator.hpp"

namespace surefoot {

Eigen::Vector3d StateEstimator::contact_velocity(int i) const {
  const RelativeFrame& contact = kinematics_.contact(i);
  return angular_velocity().cross(contact.position) + contact.velocity;
}

Eigen::Vector3d StateEstimator::spin(int i) const {
  return imu_.rotation * (angular_velocity() + kinematics_.contact(i).angular_velocity);
}

Eigen::Vector3d StateEstimator::rolling_velocity(int i) const {
  if (!(radius_[i] > 0.0)) return Eigen::Vector3d::Zero();
  return radius_[i] * spin(i).cross(terrain_.normal(i));
}

Eigen::Matrix3d StateEstimator::rolling_noise(int i) const {
  // The normal errs by a vector across itself.
  const Eigen::Vector3d turn = spin(i), along = turn.cross(terrain_.normal(i));
  const double scale = radius_[i] * terrain_.normal_deviation(i);
  return scale * scale *
         (turn.squaredNorm() * Eigen::Matrix3d::Identity() - turn * turn.transpose() -
          along * along.transpose());
}

void StateEstimator::observe_momentum(const SensorSample& sample, double dt) {
  if (sample.joint_torque.size() == 0 || !joints_valid_ || !gyro_valid_ || !accelerometer_valid_) {
    momentum_.reset();
    return;
  }
  const RelativeFrame& base = kinematics_.base();
  const Eigen::Matrix3d to_base = base.rotation.transpose();
  const Eigen::Vector3d omega = angular_velocity();
  FloatingBaseMotion motion;
  motion.angular_velocity = to_base * (omega + base.angular_velocity);
  motion.specific_force = to_base * (accelerometer_ - imu_.accelerometer_bias +
                                     omega.cross(omega.cross(base.position)));
  momentum_.update(kinematics_, motion, joint_velocity_, sample.joint_torque, dt);
}

void StateEstimator::judge_contacts(const SensorSample& sample, double dt) {
  observe_momentum(sample, dt);
  // What the filter is unsure of cannot speak against a contact: a lost filter must find its feet.
  const double unsure_speed = 2.0 * std::sqrt(velocity_variance());
  const double unsure_height = 2.0 * std::sqrt(height_variance());
  const Eigen::Vector3d up = (imu_.rotation * kinematics_.base().rotation).row(2);  // in base axes
  for (int i = 0; i < nc(); ++i) {
    ContactEvidence evidence{NAN, NAN, NAN, NAN, NAN};
    if (sample.planned_contact.size() > 0) evidence.plan = sample.planned_contact[i];
    if (sample.foot_force.size() > 0) evidence.measured_force = sample.foot_force[i];
    if (joints_valid_ && encoders_work(i)) {
      if (momentum_.ready()) evidence.torque_force = up.dot(momentum_.force(kinematics_, i));
      const Eigen::Vector3d velocity =
          imu_.velocity + imu_.rotation * contact_velocity(i) - rolling_velocity(i);
      evidence.speed = std::max(velocity.norm() - unsure_speed, 0.0);
      if (terrain_.touched(i))
        evidence.height = foot_height(i) - terrain_.height(i) - unsure_height;
    }
    contacts_.update(i, evidence, dt);
  }
}

void StateEstimator::decide_standing(bool gap) {
  for (int i = 0; i < nc(); ++i) {
    const bool stands = !on_body_ && contacts_[i].in_contact && joints_valid_ && encoders_work(i) &&
                        contacts_[i].duration >= options_.settle_time;
    landed_[i] = stands && (!standing_[i] || gap);  // after a gap nobody knows where it stood
    standing_[i] = stands;
  }
}

double StateEstimator::foot_height(int i) const {
  return imu_.position.z() + imu_.rotation.row(2).dot(kinematics_.contact(i).position) - radius_[i];
}

void StateEstimator::remember_terrain() {
  // Before any foot has stood, height is a guess: the lowest that lands is on the ground, and the
  // others are as much higher as they are above it. Were all of them put on it, a robot that
  // stands up on a slope would take the slope for its own tilt.
  int lowest = -1;
  for (int i = 0; i < nc(); ++i)
    if (landed_[i] && (lowest < 0 || foot_height(i) < foot_height(lowest))) lowest = i;
  double offset = 0.0;
  if (lowest >= 0 && !terrain_.touched() && std::isfinite(terrain_.height(lowest)))
    offset = terrain_.height(lowest) - foot_height(lowest);
  const auto land = [&](int i) {
    if (!landed_[i]) return;
    const Eigen::Vector3d foothold =
        imu_.position + imu_.rotation * kinematics_.contact(i).position;
    anchored_[i] = terrain_.land(i, foothold, foot_height(i) + offset);
  };
  if (lowest >= 0) land(lowest);
  for (int i = 0; i < nc(); ++i)
    if (i != lowest) land(i);
}

}  // namespace surefoot
