#pragma once
#include <vector>

#include "mpc/terms/joint_limits.hpp"

namespace surefoot::mpc {

/// Soft limits of the joint torques that carry the contact forces, tau = -J'f of the contacts in
/// stance: what a limb's own weight and acceleration ask for is left out.
class JointTorqueLimits : public CostTerm {
 public:
  JointTorqueLimits(SoftBounds bounds, const Layout& layout);
  double value(const StagePoint& point) override;
  void add(const StagePoint& point, double scale, StageCost& cost) override;

 private:
  void evaluate(const StagePoint& point);
  /// Derivative of one joint's torque by [forces, tangent], into `slope_`.
  void differentiate(const StagePoint& point, int joint);

  SoftBounds bounds_;
  std::vector<double> torque_, slope_, value_;
  std::vector<int> column_;
};

}  // namespace surefoot::mpc
