#include "surefoot/robot_description.hpp"

#include <cmath>
#include <stdexcept>

namespace surefoot {

double RobotDescription::mass() const {
  double total = base.mass;
  for (const auto& joint : joints) total += joint.body.mass;
  return total;
}

void RobotDescription::validate() const {
  if (!(mass() > 0.0))
    throw std::invalid_argument("robot '" + name + "': total mass is not positive");
  for (int i = 0; i < nj(); ++i) {
    const auto& joint = joints[i];
    if (joint.parent < -1 || joint.parent >= i)
      throw std::invalid_argument("joint '" + joint.name + "': its parent must come before it");
    if (std::abs(joint.axis.norm() - 1.0) > 1e-9)
      throw std::invalid_argument("joint '" + joint.name + "': its axis is not a unit vector");
    if (!(joint.body.mass >= 0.0))
      throw std::invalid_argument("joint '" + joint.name + "': its body has a negative mass");
  }
  for (const auto& contact : contacts)
    if (contact.frame.joint < -1 || contact.frame.joint >= nj())
      throw std::invalid_argument("contact '" + contact.frame.name + "': no such joint");
  for (const auto& frame : frames)
    if (frame.joint < -1 || frame.joint >= nj())
      throw std::invalid_argument("frame '" + frame.name + "': no such joint");
}

}  // namespace surefoot
