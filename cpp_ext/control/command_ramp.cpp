#include <algorithm>
#include <cmath>

#include "surefoot/control/commands.hpp"

namespace surefoot {

const VelocityCommand& CommandRamp::step(const VelocityCommand& target, double dt) {
  double x = target.vx - current_.vx, y = target.vy - current_.vy;
  const double distance = std::hypot(x, y);
  if (distance > linear_ * dt) {
    x *= linear_ * dt / distance;
    y *= linear_ * dt / distance;
  }
  current_.vx += x;
  current_.vy += y;
  current_.yaw_rate += std::clamp(target.yaw_rate - current_.yaw_rate, -yaw_ * dt, yaw_ * dt);
  return current_;
}

}  // namespace surefoot
