#pragma once
#include <array>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot {

/// What is watched in every tick.
enum class Check {
  kTorque,         ///< of effort limits, the torque that the motors would be asked for
  kJointPosition,  ///< rad beyond a joint's range
  kJointVelocity,  ///< of velocity limits
  kTilt,           ///< deg, of the base from level
  kFootSlip,       ///< m/s, of a standing foot
  kEstimate,       ///< m/s, standard deviation of the base velocity that the estimator claims
  kPlanAge,        ///< s since the plan began
  kSensorAge,      ///< s between two samples
  kNotFinite,      ///< s for which something that should be measured was not a number
  kSensorFault,    ///< s for which the estimator has gone without one of its sensors
  kPlanFailures,   ///< NMPC solves failed in a row
  kWbcFailures,    ///< ticks in a row in which the whole-body controller failed
};
constexpr int kChecks = 12;
SUREFOOT_API const char* name_of(Check check);

/// In the order of strength.
enum class Reaction {
  kNone,
  kLimit,     ///< the value itself is limited, nothing else
  kSlowDown,  ///< the velocity command is followed in part
  kStop,      ///< walking ends as without a command
  kDamp       ///< joints only damped, until reset; needs no solver
};
SUREFOOT_API const char* name_of(Reaction reaction);

/// Beyond `limit` (or where the value is not a number), `reaction`.
struct SafetyLevel {
  double limit = 0.0;
  Reaction reaction = Reaction::kNone;
};

struct SafetyOptions {
  std::array<std::vector<SafetyLevel>, kChecks> levels;  ///< by check, any number each
  double slow_factor = 1.0;  ///< share of the velocity command that is followed when slowing down
  double hold_time = 0.0;    ///< s for which a reaction outlasts its cause
  double speed_time = 0.0;   ///< s, of the mean that joint speed is judged by
};

/// One check's record since the start.
struct CheckRecord {
  double value = 0.0, worst = 0.0;
  double limit = 0.0;                   ///< the highest one that `value` exceeds
  Reaction reaction = Reaction::kNone;  ///< to `value`, outlasting it for the hold time
  long count = 0;                       ///< ticks beyond the lowest limit
  double until = 0.0;                   ///< s, when the reaction ends if the cause has gone
};

/// Compares values with their limits, and decides on the strongest reaction.
class SUREFOOT_API Safety {
 public:
  explicit Safety(const SafetyOptions& options) : options_(options) {}

  /// Notes a check's value in this tick; returns the reaction.
  Reaction judge(Check check, double value, double time);
  /// The check with the strongest reaction now.
  Check worst() const;
  Reaction reaction() const { return record(worst()).reaction; }
  const CheckRecord& record(Check check) const { return records_[static_cast<std::size_t>(check)]; }
  /// The lowest limit of a check that is answered by limiting, or `otherwise`.
  double limit(Check check, double otherwise) const;
  const SafetyOptions& options() const { return options_; }

 private:
  SafetyOptions options_;
  std::array<CheckRecord, kChecks> records_;
};

}  // namespace surefoot
