#include "mpc/plan_check.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot::mpc {
namespace {

bool finite(const std::vector<double>& values) {
  // A sum of finite values may overflow, of zeros it stays zero.
  double sum = 0.0;
  for (const double value : values) sum += 0.0 * value;
  return sum == 0.0;
}

}  // namespace

bool acceptable(const NmpcPlan& plan, const Layout& layout, const PlanLimits& limits) {
  if (!finite(plan.states) || !finite(plan.inputs)) return false;
  if (!(plan.dynamics <= limits.dynamics && plan.equality <= limits.equality &&
        plan.inequality <= limits.force))
    return false;
  const double* start = plan.states.data() + 13;
  const auto size = static_cast<std::size_t>(layout.nstate);
  for (std::size_t at = 0; at < plan.states.size(); at += size) {
    const double* x = plan.states.data() + at;
    const double norm = x[9] * x[9] + x[10] * x[10] + x[11] * x[11] + x[12] * x[12];
    if (!(std::abs(norm - 1.0) < 1e-6)) return false;
    for (int i = 0; i < layout.n; ++i) {
      const double lower = std::min(limits.lower[i], start[i]) - limits.joint_margin;
      const double upper = std::max(limits.upper[i], start[i]) + limits.joint_margin;
      if (!(x[13 + i] >= lower && x[13 + i] <= upper)) return false;
    }
  }
  return true;
}

}  // namespace surefoot::mpc
