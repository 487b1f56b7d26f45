#pragma once
#include <vector>

#include "mpc/terms/term.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// 1/2 |x - x_ref|^2 weighed along the reference's heading axes; the orientation's error is a
/// rotation vector, which no attitude makes singular.
class StateTracking : public CostTerm {
 public:
  StateTracking(const Weights& weights, const Layout& layout);
  bool at_end() const override { return true; }
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  Vector3d weights_[4];  ///< of the state's first four vectors
  double joint_position_;
  std::vector<double> error_;
};

}  // namespace surefoot::mpc
