#pragma once
#include <vector>

#include "mpc/stage_qp.hpp"
#include "mpc/transcription.hpp"

namespace surefoot::mpc {

/// Multipliers of the last solve's inequalities by interval and contact, for the next solve to
/// start from: found again by time where the contact stands in both, however the nodes have moved.
class WarmStart {
 public:
  WarmStart(int intervals, int contacts);

  void forget() { filled_ = false; }
  void store(const std::vector<Interval>& intervals, const OcpQp& qp,
             const OcpQpSolution& solution);
  /// Sets the multipliers of `solution`: those known, zero for the others (a cold start).
  void recall(const std::vector<Interval>& intervals, const OcpQp& qp,
              OcpQpSolution& solution) const;

 private:
  double* place(int interval, int contact) {
    return multiplier_.data() + (interval * contacts_ + contact) * InequalityBlock::kRows;
  }
  int contacts_;
  bool filled_ = false;
  std::vector<double> time_, dt_, multiplier_;  ///< multipliers per second; 0 if swinging
};

}  // namespace surefoot::mpc
