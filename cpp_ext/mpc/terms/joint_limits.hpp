#pragma once
#include <string>
#include <vector>

#include "mpc/terms/term.hpp"

namespace surefoot::mpc {

/// 1/2 weight (excess over a bound)^2 of values that have a lower and an upper bound. A hinge: it
/// costs nothing, neither in the optimum nor in time, while the bounds are kept.
struct SoftBounds {
  const double* weight = nullptr;  ///< outlives the term and may change between its calls
  std::vector<double> lower, upper;

  /// Above the upper bound positive, below the lower negative, else zero.
  double excess(int i, double value) const {
    const auto at = static_cast<std::size_t>(i);
    if (value > upper[at]) return value - upper[at];
    if (value < lower[at]) return value - lower[at];
    return 0.0;
  }
};

/// Soft limits of joint positions, also at the horizon's end.
class JointPositionLimits : public CostTerm {
 public:
  explicit JointPositionLimits(SoftBounds bounds)
      : CostTerm("joint_position_limits"), bounds_(std::move(bounds)) {}
  bool at_end() const override { return true; }
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  SoftBounds bounds_;
};

/// Soft limits of joint velocities.
class JointVelocityLimits : public CostTerm {
 public:
  explicit JointVelocityLimits(SoftBounds bounds)
      : CostTerm("joint_velocity_limits"), bounds_(std::move(bounds)) {}
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  SoftBounds bounds_;
};

}  // namespace surefoot::mpc
