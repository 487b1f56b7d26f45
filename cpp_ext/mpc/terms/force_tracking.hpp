#pragma once
#include "mpc/terms/term.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// 1/2 |f - f_ref|^2 over the contacts in stance, moments with their own weight.
class ForceTracking : public CostTerm {
 public:
  explicit ForceTracking(const Weights& weights);
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  double weight(int component) const { return component < 3 ? force_ : moment_; }
  double force_, moment_;
};

}  // namespace surefoot::mpc
