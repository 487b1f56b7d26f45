#pragma once
#include "mpc/terms/term.hpp"
#include "mpc/velocity_weight.hpp"

namespace surefoot::mpc {

/// 1/2 |dq - dq_ref|^2 with a `VelocityWeight`.
class JointVelocityTracking : public CostTerm {
 public:
  /// @param weight outlives the term and may change between its calls
  explicit JointVelocityTracking(const VelocityWeight& weight);
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  const VelocityWeight& weight_;
};

}  // namespace surefoot::mpc
