#pragma once
#include <vector>

#include "mpc/terms/term.hpp"

namespace surefoot::mpc {

/// A contact in stance does not move along the ground, and along the normal as its task says:
///   v - n (velocity - gain (n'p - height)) = 0,   and for a surface   omega = 0.
class StanceContact : public EqualityTerm {
 public:
  explicit StanceContact(const Layout& layout);
  int capacity(const CentroidalDynamics& dynamics) const override { return dynamics.layout().nf; }
  int evaluate(const StagePoint& point, double* values, double* rows) override;

 private:
  std::vector<double> place_;  ///< three rows
};

}  // namespace surefoot::mpc
