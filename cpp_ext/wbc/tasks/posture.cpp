#include "surefoot/wbc/tasks/posture.hpp"

#include <stdexcept>

namespace surefoot {

void Posture::update(const Tick& tick) {
  const auto nj = tick.v.size() - 6;
  rows_.form = TaskRows::Form::kSelection;
  rows_.first = 6;
  rows_.count = static_cast<int>(nj);
  if (position.size() == nj)
    rows_.target.head(nj) = kp * (position - tick.q.tail(nj)) - kd * tick.v.tail(nj);
  else
    rows_.target.head(nj) = kp * (tick.reference.joint_position - tick.q.tail(nj)) +
                            kd * (tick.reference.joint_velocity - tick.v.tail(nj));
  rows_.weight.head(nj).setConstant(weight);
  if (joint_weight.size() == nj) rows_.weight.head(nj).array() *= joint_weight.array();
}

void Posture::check(const RobotDescription& description) {
  for (const auto* values : {&joint_weight, &position})
    if (values->size() != 0 && values->size() != description.nj())
      throw std::invalid_argument("task '" + name() +
                                  "': joint_weight and position hold one number a joint");
}

}  // namespace surefoot
