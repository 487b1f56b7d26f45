#pragma once
#include "mpc/so3.hpp"
#include "surefoot/robot_description.hpp"

namespace surefoot::mpc {

/// Relaxed logarithmic barrier: -weight ln h above `relaxation`, below it the parabola that
/// continues it smoothly (Hauser, Saccon, "A barrier function method for the optimization of
/// trajectory functionals with constraints", 2006).
struct SUREFOOT_API RelaxedBarrier {
  double weight = 0.0, relaxation = 1.0;
  double value = 0.0, slope = 0.0, curvature = 0.0;  ///< of the cost, after `evaluate`
  void evaluate(double h);
};

/// Friction as a cost on one contact's force or wrench: the barrier on the cone
/// mu f_n - sqrt(|f_t|^2 + smoothing^2), and for a surface on the centre of pressure and the yaw
/// moment as well.
/// @param axes contact axes in the world, see `contact_axes`
/// @param smoothing N, keeps the cone's tip differentiable
/// @param gradient (size), hessian (size x size, of at most 6) are added to, times `scale`
/// @return the cost, times `scale`
SUREFOOT_API double soft_friction(const ContactDescription& contact, const Matrix3d& axes,
                                  RelaxedBarrier barrier, double smoothing, double scale,
                                  const double* force, double* gradient, double* hessian,
                                  int stride);

}  // namespace surefoot::mpc
