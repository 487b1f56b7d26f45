#include "mpc/terms/joint_limits.hpp"

#include "mpc/dense_kernels.hpp"

namespace surefoot::mpc {

double JointPositionLimits::value(const StagePoint& p) {
  double sum = 0.0;
  for (int i = 0; i < p.layout().n; ++i) {
    const double excess = bounds_.excess(i, p.x[13 + i]);
    sum += excess * excess;
  }
  return 0.5 * *bounds_.weight * sum;
}

void JointPositionLimits::add(const StagePoint& p, double scale, StageCost& cost) {
  for (int i = 0; i < p.layout().n; ++i) {
    const double excess = bounds_.excess(i, p.x[13 + i]);
    if (excess == 0.0) continue;
    cost.state_gradient(Layout::kJoints + i) += scale * *bounds_.weight * excess;
    cost.state_hessian(Layout::kJoints + i, Layout::kJoints + i) += scale * *bounds_.weight;
  }
}

double JointVelocityLimits::value(const StagePoint& p) {
  double sum = 0.0;
  for (int i = 0; i < p.layout().n; ++i) {
    const double excess = bounds_.excess(i, p.u[p.layout().nf + i]);
    sum += excess * excess;
  }
  return 0.5 * *bounds_.weight * sum;
}

void JointVelocityLimits::add(const StagePoint& p, double scale, StageCost& cost) {
  const int np = padded(p.layout().n);
  for (int i = 0; i < p.layout().n; ++i) {
    const double excess = bounds_.excess(i, p.u[p.layout().nf + i]);
    if (excess == 0.0) continue;
    cost.velocity_g[i] += scale * *bounds_.weight * excess;
    cost.velocity_H[i * np + i] += scale * *bounds_.weight;
  }
}

}  // namespace surefoot::mpc
