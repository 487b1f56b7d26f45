#pragma once
#include "mpc/terms/term.hpp"
#include "mpc/weights.hpp"

namespace surefoot::mpc {

/// Friction, bounds of the normal force, centre of pressure and yaw moment of every contact in
/// stance as inequalities, see `contact_inequalities`.
class FrictionPyramid : public InequalityTerm {
 public:
  /// @param unit N, of the rows' values
  FrictionPyramid(const Weights& weights, double unit);
  int capacity(const CentroidalDynamics& dynamics) const override { return dynamics.layout().nc; }
  void add(const StagePoint& point, const int* force, StageQp& stage) override;

 private:
  double min_, max_, unit_;
};

}  // namespace surefoot::mpc
