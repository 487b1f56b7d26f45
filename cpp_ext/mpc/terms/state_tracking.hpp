#pragma once
#include <vector>

#include "mpc/terms/term.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// 1/2 |x - x_ref|^2 weighed along the reference's heading axes; the orientation's error is a
/// rotation vector, which no attitude makes singular.
class StateTracking : public CostTerm {
 public:
  /// @param weights outlive the term and may change between its calls
  StateTracking(const Weights& weights, const Layout& layout);
  bool at_end() const override { return true; }
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  /// Of the state's first four vectors.
  const Vector3d& weight(int vector) const;
  const Weights& weights_;
  std::vector<double> error_;
};

}  // namespace surefoot::mpc
