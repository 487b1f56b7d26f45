#include "surefoot/wbc/tasks/centroidal_momentum.hpp"

namespace surefoot {

void CentroidalMomentum::update(const Tick& tick) {
  const RigidBody& body = tick.body;
  const int first = part_ == Part::kLinear ? 0 : 3;
  rows_.form = TaskRows::Form::kAcceleration;
  rows_.count = 3;
  rows_.matrix.topLeftCorner(3, tick.v.size()) = body.centroidal_map().middleRows<3>(first);
  rows_.target.head<3>() =
      rate + gain.cwiseProduct(momentum - body.centroidal_momentum().segment<3>(first)) -
      body.centroidal_drift().segment<3>(first);
  rows_.weight.head<3>().setConstant(weight);
}

}  // namespace surefoot
