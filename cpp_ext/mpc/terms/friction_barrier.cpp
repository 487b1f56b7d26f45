#include "mpc/terms/friction_barrier.hpp"

#include "mpc/terms/contact_frame.hpp"

namespace surefoot::mpc {

FrictionBarrier::FrictionBarrier(const Weights& weights)
    : CostTerm("friction_barrier"), weights_(weights) {}

double FrictionBarrier::value(const StagePoint& p) {
  double sum = 0.0, gradient[6], hessian[36];
  for (int c = 0; c < p.layout().nc; ++c)
    if (p.task(c).stance)
      sum += soft_friction(p.dynamics.tree().contact(c), contact_frame(p, c), barrier(),
                           weights_.barrier_smoothing, 1.0, p.force(c), gradient, hessian, 6);
  return sum;
}

void FrictionBarrier::add(const StagePoint& p, double scale, StageCost& cost) {
  for (int c = 0; c < p.layout().nc; ++c) {
    if (!p.task(c).stance) continue;
    const int at = cost.force[c];
    soft_friction(p.dynamics.tree().contact(c), contact_frame(p, c), barrier(),
                  weights_.barrier_smoothing, scale, p.force(c), cost.g + at,
                  cost.H + at * cost.stride + at, cost.stride);
  }
}

}  // namespace surefoot::mpc
