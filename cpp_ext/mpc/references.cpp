#include "mpc/references.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot::mpc {

double heading(const Matrix3d& rotation) { return std::atan2(rotation(1, 0), rotation(0, 0)); }

double wrapped(double angle) { return std::remainder(angle, 2.0 * 3.14159265358979323846); }

void BaseReference::reset(double time, const Vector3d& position, double yaw) {
  time_ = time;
  anchor_ = position;
  yaw_ = yaw;
  command_ = Command();
}

void BaseReference::update(double time, const Command& command, const Vector3d& position,
                           double yaw) {
  command_ = command;
  const Pose now = at(time);
  anchor_ = now.position;
  yaw_ = now.yaw;
  time_ = time;
  Vector3d lead = anchor_ - position;
  lead.z() = 0.0;
  const double distance = lead.norm();
  if (distance > options_.lead_position)
    anchor_ = position + lead * (options_.lead_position / distance);
  const double turn = wrapped(yaw_ - yaw);
  yaw_ = yaw + std::clamp(turn, -options_.lead_yaw, options_.lead_yaw);
}

void BaseReference::settle(double dt, const Vector3d& under) {
  const double part = std::min(1.0, options_.settle_rate * dt);
  anchor_ += part * (under - anchor_);
}

BaseReference::Pose BaseReference::at(double time) const {
  const double t = time - time_, turn = command_.yaw_rate * t;
  // Constant velocity in a frame that turns at a constant rate: an arc.
  double along = t, across = 0.5 * turn * t;
  if (std::abs(turn) > 1e-4) {
    along = std::sin(turn) / command_.yaw_rate;
    across = (1.0 - std::cos(turn)) / command_.yaw_rate;
  }
  const double c = std::cos(yaw_), s = std::sin(yaw_);
  const double dx = command_.vx * along - command_.vy * across;
  const double dy = command_.vx * across + command_.vy * along;
  Pose pose;
  pose.yaw = yaw_ + turn;
  const double x = anchor_.x() + c * dx - s * dy, y = anchor_.y() + s * dx + c * dy;
  pose.position << x, y, ground_.height(x, y) + options_.height;
  const double ct = std::cos(pose.yaw), st = std::sin(pose.yaw);
  pose.velocity << ct * command_.vx - st * command_.vy, st * command_.vx + ct * command_.vy, 0.0;
  pose.velocity.z() = ground_.slope.dot(pose.velocity.head<2>());
  const Vector3d up(-options_.slope_share * ground_.slope.x(),
                    -options_.slope_share * ground_.slope.y(), 1.0);
  pose.orientation = Quaterniond::FromTwoVectors(Vector3d::UnitZ(), up) *
                     Quaterniond(Eigen::AngleAxisd(pose.yaw, Vector3d::UnitZ()));
  return pose;
}

}  // namespace surefoot::mpc
