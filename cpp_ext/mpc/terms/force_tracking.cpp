#include "mpc/terms/force_tracking.hpp"

namespace surefoot::mpc {

ForceTracking::ForceTracking(const Weights& weights)
    : CostTerm("force_tracking"), weights_(weights) {}

double ForceTracking::value(const StagePoint& p) {
  double sum = 0.0;
  for (int c = 0; c < p.layout().nc; ++c) {
    if (!p.task(c).stance) continue;
    const int first = p.layout().force[static_cast<std::size_t>(c)];
    for (int i = 0; i < p.dynamics.tree().contact(c).size(); ++i) {
      const double error = p.u[first + i] - p.input_reference[first + i];
      sum += weight(i) * error * error;
    }
  }
  return 0.5 * sum;
}

void ForceTracking::add(const StagePoint& p, double scale, StageCost& cost) {
  for (int c = 0; c < p.layout().nc; ++c) {
    if (!p.task(c).stance) continue;
    const int first = p.layout().force[static_cast<std::size_t>(c)];
    for (int i = 0; i < p.dynamics.tree().contact(c).size(); ++i) {
      const int at = cost.force[c] + i;
      cost.H[at * cost.stride + at] += scale * weight(i);
      cost.g[at] += scale * weight(i) * (p.u[first + i] - p.input_reference[first + i]);
    }
  }
}

}  // namespace surefoot::mpc
