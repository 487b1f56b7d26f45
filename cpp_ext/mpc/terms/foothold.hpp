#pragma once
#include "mpc/terms/term.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// 1/2 |r_xy - target|^2 of every contact in swing, r from the base to the foot: where the foot
/// should be on its way. A place in the world would draw the base along with the foot.
class Foothold : public CostTerm {
 public:
  /// @param weights outlive the term and may change between its calls
  explicit Foothold(const Weights& weights);
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  const Weights& weights_;
};

}  // namespace surefoot::mpc
