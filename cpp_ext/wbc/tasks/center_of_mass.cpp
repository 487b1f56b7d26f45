#include "surefoot/wbc/tasks/center_of_mass.hpp"

namespace surefoot {

void CenterOfMass::check(const RobotDescription& description) {
  mass_ = description.mass();
  reset();
}

void CenterOfMass::update(const Tick& tick) {
  const RigidBody& body = tick.body;
  if (!given_ && !held_) {
    reference_ = Reference();
    reference_.position = body.com();
    held_ = true;
  }
  rows_.form = TaskRows::Form::kAcceleration;
  rows_.count = 3;
  rows_.matrix.topLeftCorner(3, tick.v.size()) = body.centroidal_map().topRows<3>() / mass_;
  rows_.target.head<3>() = reference_.acceleration +
                           kp.cwiseProduct(reference_.position - body.com()) +
                           kd.cwiseProduct(reference_.velocity - body.com_velocity()) -
                           body.centroidal_drift().head<3>() / mass_;
  rows_.weight.head<3>().setConstant(weight);
}

}  // namespace surefoot
