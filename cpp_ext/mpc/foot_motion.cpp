#include "mpc/foot_motion.hpp"

#include <algorithm>

namespace surefoot::mpc {

void FootMotion::reset(const Vector3d& position) {
  interval_ = SwingInterval{};
  height_ = SwingHeight{};
  height_.start = height_.end = interval_.start;
  rest_ = target_ = position;
}

void FootMotion::prepare(const SwingInterval& swing, const Vector3d& position, double touch_down,
                         double clearance) {
  interval_ = swing;
  rest_ = target_ = position;
  height_ = {swing.start, swing.end, position.z(), touch_down, clearance};
  for (int axis = 0; axis < 2; ++axis)
    reach_[axis].start_at(swing.start, {position[axis], 0.0, 0.0});
}

void FootMotion::aim(double time, const Vector3d& target, double margin) {
  const double from = std::max(time, interval_.start);
  if (!(interval_.end - from > margin)) return;
  target_ = target;
  for (int axis = 0; axis < 2; ++axis) reach_[axis].aim(from, target[axis], interval_.end);
}

void FootMotion::at(double time, Vector3d& position, Vector3d& velocity,
                    Vector3d& acceleration) const {
  if (time < interval_.start) {
    position = rest_;
    velocity.setZero();
    acceleration.setZero();
    return;
  }
  const Motion motions[3] = {reach_[0].at(time), reach_[1].at(time), height_.at(time)};
  for (int i = 0; i < 3; ++i) {
    position[i] = motions[i].position;
    velocity[i] = motions[i].velocity;
    acceleration[i] = motions[i].acceleration;
  }
}

}  // namespace surefoot::mpc
