#include "surefoot/control/posture.hpp"

#include <Eigen/Geometry>
#include <cmath>

namespace surefoot {

PostureOffset::PostureOffset(double bandwidth, double linear_speed, double angular_speed) {
  limit(bandwidth, linear_speed, angular_speed);
  reset();
}

void PostureOffset::limit(double bandwidth, double linear_speed, double angular_speed) {
  bandwidth_ = bandwidth;
  speed_.head<3>().setConstant(linear_speed);
  speed_.tail<3>().setConstant(angular_speed);
}

void PostureOffset::reset() {
  position_.setZero();
  velocity_.setZero();
  acceleration_.setZero();
  active_ = false;
}

void PostureOffset::step(const PostureCommand& command, double dt) {
  Vector6 target;
  target << command.forward, command.sway, command.height, command.roll, command.pitch, command.yaw;
  // v' = w (limited w/2 (target - p) - v) * 2: critically damped where the speed is not limited.
  const Vector6 wanted =
      (0.5 * bandwidth_ * (target - position_)).cwiseMin(speed_).cwiseMax(-speed_);
  acceleration_ = 2.0 * bandwidth_ * (wanted - velocity_);
  velocity_ += dt * acceleration_;
  position_ += dt * velocity_;
  constexpr double kRest = 1e-6;
  active_ = target.norm() > 0.0 || position_.norm() > kRest || velocity_.norm() > kRest;
  if (!active_) reset();
}

void PostureOffset::apply(Reference& reference) const {
  const Eigen::Quaterniond base(reference.base_orientation);
  const Eigen::Matrix3d rotation = base.toRotationMatrix();
  const double heading = std::atan2(rotation(1, 0), rotation(0, 0));
  const Eigen::AngleAxisd turn(heading, Eigen::Vector3d::UnitZ());
  reference.base_position += turn * position_.head<3>();
  reference.base_velocity.head<3>() += turn * velocity_.head<3>();
  reference.base_acceleration.head<3>() += turn * acceleration_.head<3>();
  const Eigen::AngleAxisd roll(position_[3], Eigen::Vector3d::UnitX());
  const Eigen::AngleAxisd pitch(position_[4], Eigen::Vector3d::UnitY());
  const Eigen::AngleAxisd yaw(position_[5], Eigen::Vector3d::UnitZ());
  const Eigen::Vector3d pitch_axis = yaw * Eigen::Vector3d::UnitY();
  const Eigen::Vector3d roll_axis = yaw * (pitch * Eigen::Vector3d::UnitX());
  const auto along = [&](const Vector6& rate) -> Eigen::Vector3d {
    return base * (rate[3] * roll_axis + rate[4] * pitch_axis + rate[5] * Eigen::Vector3d::UnitZ());
  };
  reference.base_velocity.tail<3>() += along(velocity_);
  reference.base_acceleration.tail<3>() += along(acceleration_);  // slow: no product of rates
  reference.base_orientation = (base * yaw * pitch * roll).coeffs();
}

}  // namespace surefoot
