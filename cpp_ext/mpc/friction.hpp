#pragma once
#include "mpc/so3.hpp"
#include "mpc/stage_qp.hpp"
#include "surefoot/robot_description.hpp"

namespace surefoot::mpc {

/// Inequalities of one contact's force or wrench, in units of `unit` newtons:
/// the inner friction pyramid (its corners on the cone), the bounds of the normal force and, for a
/// surface, centre of pressure inside the rectangle and yaw moment below its limit.
/// @param axes contact axes in the world: columns x, y (tangents, along the rectangle), z (normal)
/// @param force current force or wrench, about which the offsets are taken
void contact_inequalities(const ContactDescription& contact, const Matrix3d& axes,
                          double normal_min, double normal_max, double unit, const double* force,
                          InequalityBlock& block);

/// Axes of a contact whose normal is `normal`, its x as near to `forward` as can be.
SUREFOOT_API Matrix3d contact_axes(const Vector3d& normal, const Vector3d& forward);

}  // namespace surefoot::mpc
