#include "mpc/terms/joint_velocity_tracking.hpp"

#include "mpc/dense_kernels.hpp"

namespace surefoot::mpc {

JointVelocityTracking::JointVelocityTracking(const VelocityWeight& weight)
    : CostTerm("joint_velocity_tracking"), weight_(weight) {}

double JointVelocityTracking::value(const StagePoint& p) {
  const int n = p.layout().n, np = padded(n), first = p.layout().nf;
  double sum = 0.0;
  for (int j = 0; j < n; ++j) {
    double row = 0.0;
    for (int i = 0; i < n; ++i)
      row += weight_.matrix()[static_cast<std::size_t>(j * np + i)] *
             (p.u[first + i] - p.input_reference[first + i]);
    sum += row * (p.u[first + j] - p.input_reference[first + j]);
  }
  return 0.5 * sum;
}

void JointVelocityTracking::add(const StagePoint& p, double scale, StageCost& cost) {
  const int n = p.layout().n, np = padded(n), first = p.layout().nf;
  for (int j = 0; j < n; ++j) {
    const double error = scale * (p.u[first + j] - p.input_reference[first + j]);
    const double* column = weight_.matrix().data() + j * np;
    for (int i = 0; i < n; ++i) {
      cost.velocity_H[j * np + i] += scale * column[i];
      cost.velocity_g[i] += error * column[i];
    }
  }
}

}  // namespace surefoot::mpc
