#include "surefoot/wbc/tasks/posture.hpp"

#include <stdexcept>

namespace surefoot {

void Posture::update(const Tick& tick) {
  const auto nj = tick.v.size() - 6;
  rows_.form = TaskRows::Form::kSelection;
  rows_.first = 6;
  rows_.count = static_cast<int>(nj);
  rows_.target.head(nj) = kp * (tick.reference.joint_position - tick.q.tail(nj)) +
                          kd * (tick.reference.joint_velocity - tick.v.tail(nj));
  rows_.weight.head(nj).setConstant(weight);
  if (joint_weight.size() == nj) rows_.weight.head(nj).array() *= joint_weight.array();
}

void Posture::check(const RobotDescription& description) const {
  if (joint_weight.size() != 0 && joint_weight.size() != description.nj())
    throw std::invalid_argument("task '" + name() + "': joint_weight must hold one number a joint");
  if (joint_weight.size() != 0 && !(joint_weight.minCoeff() >= 0.0))
    throw std::invalid_argument("task '" + name() + "': joint_weight must not be negative");
}

void JointDamping::update(const Tick& tick) {
  const auto nj = tick.v.size() - 6;
  rows_.form = TaskRows::Form::kSelection;
  rows_.first = 6;
  rows_.count = static_cast<int>(nj);
  rows_.target.head(nj) = -gain * tick.v.tail(nj);
  rows_.weight.head(nj).setConstant(weight);
}

}  // namespace surefoot
