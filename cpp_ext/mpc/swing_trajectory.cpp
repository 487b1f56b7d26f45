#include "mpc/swing_trajectory.hpp"

#include <algorithm>

namespace surefoot::mpc {

Motion SwingHeight::at(double time) const {
  const double duration = end - start;
  const double s = std::clamp((time - start) / duration, 0.0, 1.0);
  const double rest = 1.0 - s, w = s * rest;
  const double rate = 1.0 / duration, rate2 = rate * rate;
  const double rise = touch_down - lift_off;
  const double bump = 64.0 * (clearance + 0.5 * std::abs(rise));
  Motion m;
  m.position = lift_off + rise * s * s * s * (10.0 + s * (6.0 * s - 15.0)) + bump * w * w * w;
  m.velocity = rate * (30.0 * rise * w * w + bump * 3.0 * w * w * (1.0 - 2.0 * s));
  m.acceleration = rate2 * (60.0 * rise * w * (1.0 - 2.0 * s) +
                            bump * (6.0 * w * (1.0 - 2.0 * s) * (1.0 - 2.0 * s) - 6.0 * w * w));
  return m;
}

void QuinticReach::start_at(double time, const Motion& motion) {
  start_ = time;
  duration_ = 0.0;
  c_[0] = motion.position, c_[1] = motion.velocity, c_[2] = 0.5 * motion.acceleration;
  c_[3] = c_[4] = c_[5] = 0.0;
}

void QuinticReach::aim(double time, double target, double arrival) {
  const Motion now = at(time);
  const double t = arrival - time, t2 = t * t;
  start_at(time, now);
  duration_ = t;
  const double gap = target - now.position - now.velocity * t - 0.5 * now.acceleration * t2;
  const double slope = -now.velocity - now.acceleration * t;
  c_[3] = (10.0 * gap - 4.0 * slope * t - 0.5 * now.acceleration * t2) / (t2 * t);
  c_[4] = (-15.0 * gap + 7.0 * slope * t + now.acceleration * t2) / (t2 * t2);
  c_[5] = (6.0 * gap - 3.0 * slope * t - 0.5 * now.acceleration * t2) / (t2 * t2 * t);
}

Motion QuinticReach::at(double time) const {
  const double t = std::clamp(time - start_, 0.0, duration_);
  Motion m;
  m.position = c_[0] + t * (c_[1] + t * (c_[2] + t * (c_[3] + t * (c_[4] + t * c_[5]))));
  if (duration_ > 0.0 && time - start_ <= duration_) {
    m.velocity =
        c_[1] + t * (2.0 * c_[2] + t * (3.0 * c_[3] + t * (4.0 * c_[4] + t * 5.0 * c_[5])));
    m.acceleration = 2.0 * c_[2] + t * (6.0 * c_[3] + t * (12.0 * c_[4] + t * 20.0 * c_[5]));
  }
  return m;
}

}  // namespace surefoot::mpc
