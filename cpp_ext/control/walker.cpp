#include "control/walker.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot {

int standing_gait(const NmpcOptions& options) {
  for (std::size_t i = 0; i < options.gaits.size(); ++i)
    if (options.gaits[i].duty >= 1.0) return static_cast<int>(i);
  return -1;
}

Walker::Walker(const RobotDescription& description, const ControlOptions& options,
               std::unique_ptr<Planner> planner)
    : options_(options),
      planner_(std::move(planner)),
      ramp_(options.linear_acceleration, options.yaw_acceleration),
      sample_(planner_->make_sample()),
      stand_gait_(standing_gait(options.nmpc)),
      gait_(stand_gait_),
      down_since_(NAN) {
  request_.q.setZero(description.nq());
  request_.v.setZero(description.nv());
  request_.contact.setZero(static_cast<Eigen::Index>(description.contacts.size()));
}

void Walker::begin(double time) {
  ++request_.session;
  ramp_.reset();
  last_time_ = time;
  down_since_ = NAN;
  mean_velocity_.setZero();
}

bool Walker::step(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v,
                  const Eigen::Matrix<double, 6, 1>& momentum, const ContactEstimator& measured,
                  const VelocityCommand& command, int gait, bool stopping, Reference& reference,
                  WholeBodyController::Contacts& contacts) {
  if (!stopping) gait_ = gait;
  const double dt = time - last_time_;
  ramp_.limit(options_.linear_acceleration, options_.yaw_acceleration);
  request_.command = ramp_.step(stopping ? VelocityCommand{} : command, dt);
  last_time_ = time;
  // Averaged over about a stride: a robot that steps on the spot sways, a biped a good deal.
  const double stride = options_.nmpc.gaits[static_cast<std::size_t>(gait_)].period;
  mean_velocity_ += std::min(1.0, dt / stride) * (v.head<2>() - mean_velocity_);
  const bool moving =
      request_.command != VelocityCommand{} || mean_velocity_.norm() > options_.rest_speed;
  const bool stand = stopping && !moving;
  request_.gait = stand ? stand_gait_ : gait_;
  request_.weights = options_.nmpc;
  request_.time = time;
  request_.q = q;
  request_.v = v;
  for (int i = 0; i < measured.nc(); ++i) request_.contact[i] = measured[i].probability;
  planner_->update(request_);
  if (!planner_->ready()) return false;
  planner_->sample(time, q, v, momentum, sample_);
  reference.base_position = sample_.base_position;
  reference.base_orientation = sample_.base_orientation;
  reference.base_velocity = sample_.base_velocity;
  reference.base_acceleration = sample_.base_acceleration;
  reference.joint_position = sample_.joint_position;
  reference.joint_velocity = sample_.joint_velocity;
  reference.forces = sample_.forces.transpose();
  reference.contact_position = sample_.contact_position.transpose();
  reference.contact_velocity = sample_.contact_velocity.transpose();
  reference.contact_acceleration = sample_.contact_acceleration.transpose();
  reference.contact_orientation = sample_.contact_orientation.transpose();
  reference.contact_normal = sample_.contact_normal.transpose();
  for (Eigen::Index i = 0; i < contacts.size(); ++i)
    contacts[i] = sample_.contacts[static_cast<std::size_t>(i)] != 0;
  if (!(stand && contacts.all()))
    down_since_ = NAN;
  else if (std::isnan(down_since_))
    down_since_ = time;
  return true;
}

bool Walker::at_rest(double time) const {
  return time - down_since_ >= options_.nmpc.gaits[static_cast<std::size_t>(gait_)].period;
}

}  // namespace surefoot
