#pragma once
#include <vector>

#include "mpc/terms/term.hpp"

namespace surefoot::mpc {

/// A contact in swing moves along the normal as its task says, with position feedback:
///   n'v - velocity + gain (n'p - height) = 0.
class SwingTracking : public EqualityTerm {
 public:
  explicit SwingTracking(const Layout& layout);
  int capacity(const CentroidalDynamics& dynamics) const override { return dynamics.layout().nc; }
  int evaluate(const StagePoint& point, double* values, double* rows) override;

 private:
  std::vector<double> motion_;  ///< six rows: velocity, position
};

}  // namespace surefoot::mpc
