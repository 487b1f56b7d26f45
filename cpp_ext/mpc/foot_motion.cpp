#include "mpc/foot_motion.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot::mpc {

void FootMotion::reset(const Vector3d& position) {
  interval_ = SwingInterval{};
  seeking_ = false;
  rest_ = target_ = position;
}

void FootMotion::prepare(const SwingInterval& swing, const Vector3d& position,
                         const Vector3d& target, double clearance) {
  interval_ = swing;
  seeking_ = false;
  rest_ = target_ = position;
  if (!std::isfinite(swing.end)) return;
  bump_ = {swing.start, swing.end, 0.0, 0.0, clearance + 0.5 * std::abs(target.z() - position.z())};
  for (int axis = 0; axis < 3; ++axis)
    reach_[axis].start_at(swing.start, {position[axis], 0.0, 0.0});
  reach_[2].aim(swing.start, target.z(), swing.end);
  target_.z() = target.z();
}

void FootMotion::aim(double time, const Vector3d& target, double margin) {
  const double from = std::max(time, interval_.start);
  if (seeking_ || !(interval_.end - from > margin)) return;
  target_ = target;
  for (int axis = 0; axis < 3; ++axis) reach_[axis].aim(from, target[axis], interval_.end);
}

void FootMotion::seek(double time, double end, const Vector3d& position, double speed,
                      double ramp) {
  interval_ = {time, end};
  seeking_ = true;
  seek_speed_ = speed;
  seek_ramp_ = ramp;
  rest_ = target_ = position;
}

void FootMotion::at(double time, Vector3d& position, Vector3d& velocity,
                    Vector3d& acceleration) const {
  velocity.setZero();
  acceleration.setZero();
  position = rest_;
  if (time < interval_.start) return;
  if (seeking_) {
    const double t = std::min(time, interval_.end) - interval_.start;
    const double slowed = std::min(t, seek_ramp_);  // constant acceleration, then constant speed
    position.z() -= seek_speed_ * (0.5 * slowed * slowed / seek_ramp_ + t - slowed);
    velocity.z() = -seek_speed_ * slowed / seek_ramp_;
    if (t < seek_ramp_) acceleration.z() = -seek_speed_ / seek_ramp_;
    return;
  }
  const Motion bump = bump_.at(time);
  for (int i = 0; i < 3; ++i) {
    const Motion motion = reach_[i].at(time);
    position[i] = motion.position;
    velocity[i] = motion.velocity;
    acceleration[i] = motion.acceleration;
  }
  position.z() += bump.position;
  velocity.z() += bump.velocity;
  acceleration.z() += bump.acceleration;
}

double FootMotion::height(double time) const {
  Vector3d position, velocity, acceleration;
  at(time, position, velocity, acceleration);
  return position.z();
}

}  // namespace surefoot::mpc
