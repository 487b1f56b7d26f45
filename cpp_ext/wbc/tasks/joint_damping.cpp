#include "surefoot/wbc/tasks/joint_damping.hpp"

namespace surefoot {

void JointDamping::update(const Tick& tick) {
  const auto nj = tick.v.size() - 6;
  rows_.form = TaskRows::Form::kSelection;
  rows_.first = 6;
  rows_.count = static_cast<int>(nj);
  rows_.target.head(nj) = -gain * tick.v.tail(nj);
  rows_.weight.head(nj).setConstant(weight);
}

}  // namespace surefoot
