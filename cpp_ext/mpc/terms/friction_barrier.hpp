#pragma once
#include "mpc/soft_friction.hpp"
#include "mpc/terms/term.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// Friction as a relaxed barrier on the force of every contact in stance, see `soft_friction`.
class FrictionBarrier : public CostTerm {
 public:
  /// @param weights outlive the term and may change between its calls
  explicit FrictionBarrier(const Weights& weights);
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  RelaxedBarrier barrier() const { return {weights_.barrier_weight, weights_.barrier_relaxation}; }
  const Weights& weights_;
};

}  // namespace surefoot::mpc
