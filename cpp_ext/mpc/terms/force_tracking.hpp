#pragma once
#include "mpc/terms/term.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// 1/2 |f - f_ref|^2 over the contacts in stance, moments with their own weight.
class ForceTracking : public CostTerm {
 public:
  /// @param weights outlive the term and may change between its calls
  explicit ForceTracking(const Weights& weights);
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  double weight(int component) const { return component < 3 ? weights_.force : weights_.moment; }
  const Weights& weights_;
};

}  // namespace surefoot::mpc
