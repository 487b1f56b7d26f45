#include "surefoot/wbc/tasks/joint_limits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace surefoot {

double ViableAcceleration::upper(double distance, double velocity) const {
  const double stopping = -velocity / step;  // rest at the step's end
  double bound = (velocity_limit - velocity) / step;
  if (!std::isfinite(distance)) return bound;
  // Within the position limit during the step: at its end, or where the joint turns round in it.
  const double at_end = 2.0 * (distance - step * velocity) / (step * step);
  if (velocity <= 0.0 || at_end > stopping)
    bound = std::min(bound, at_end);
  else
    bound =
        std::min(bound, distance > 0.0 ? std::min(stopping, -velocity * velocity / (2.0 * distance))
                                       : -braking);
  // Able to brake from there: with w the velocity at the end, w^2 <= 2 braking (distance left).
  const double b = step * (2.0 * velocity + braking * step);
  const double c = velocity * velocity - 2.0 * braking * (distance - step * velocity);
  const double discriminant = b * b - 4.0 * step * step * c;
  const double viable =
      discriminant >= 0.0 ? (std::sqrt(discriminant) - b) / (2.0 * step * step) : stopping;
  return std::min(bound, std::max(stopping, viable));
}

Eigen::Vector2d ViableAcceleration::bounds(double position, double velocity) const {
  double high = upper(position_upper - position, velocity);
  double low = -upper(position - position_lower, -velocity);
  high = std::max(high, -braking);
  low = std::min(low, braking);
  if (low > high) low = high = std::clamp(0.5 * (low + high), -braking, braking);
  return {low, high};
}

void JointLimits::update(const Tick& tick) {
  const auto nj = tick.v.size() - 6;
  rows_.form = TaskRows::Form::kSelection;
  rows_.first = 6;
  rows_.count = static_cast<int>(nj);
  for (Eigen::Index i = 0; i < nj; ++i) {
    const auto& joint = tick.description.joints[static_cast<std::size_t>(i)];
    const double speed =
        joint.velocity_limit > 0.0 ? joint.velocity_limit : std::numeric_limits<double>::infinity();
    const ViableAcceleration viable{joint.position_lower + margin, joint.position_upper - margin,
                                    speed, braking, step};
    const Eigen::Vector2d bounds = viable.bounds(tick.q(7 + i), tick.v(6 + i));
    rows_.lower(i) = bounds(0);
    rows_.upper(i) = bounds(1);
  }
  rows_.weight.head(nj).setConstant(weight);
}

}  // namespace surefoot
