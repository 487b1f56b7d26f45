#pragma once
#include <array>
#include <string>

#include "surefoot/export.hpp"

namespace surefoot {

/// What the controller is doing.
enum class Phase {
  kPassive,   ///< on the ground or hanging, until it is asked to stand
  kDamping,   ///< joints only damped, on request or as a reaction
  kRighting,  ///< from its side or back onto its belly
  kStandUp,   ///< from lying to standing
  kStand,     ///< on all contacts
  kWalk,      ///< in a gait
  kStop,      ///< still stepping, to come to rest
  kSit,       ///< from standing to lying
  kFault      ///< joints only damped, until reset
};
constexpr int kPhases = 9;

SUREFOOT_API const char* name_of(Phase phase);

/// Why a change of phase happened, or was refused.
enum class Reason {
  kNone,
  // granted
  kStandAsked,
  kRighted,
  kStanding,
  kWalkAsked,
  kNoCommand,
  kAtRest,
  kSitAsked,
  kLying,
  kDampAsked,
  kCommandNotFinite,
  kLimit,
  kPlanLost,
  // refused
  kNotReachable,
  kEstimatorStarts,
  kNotSettled,
  kLiesTilted,
  kNotRighted,
  kMoves,
  kNoPlan
};

/// One change of phase, or one that was refused.
struct SUREFOOT_API Transition {
  double time = 0.0;  ///< s
  Phase before = Phase::kPassive, after = Phase::kPassive;
  Reason reason = Reason::kNone;
  double value = 0.0, limit = 0.0;  ///< that the reason speaks of
  const char* check = "";           ///< kLimit: name of the safety check
  std::string text() const;         ///< the reason in words
};

/// What the guards look at.
struct Facts {
  double time = 0.0;
  bool estimate_ready = false;
  double settled = 0.0;  ///< s since there is an estimate
  double tilt = 0.0;     ///< rad, of the base from level
  double speed = 0.0;    ///< m/s and rad/s, the larger, of the base
  bool can_plan = false;
  int rightings_left = 0;  ///< times that it may still try to right itself
  bool senses = true;      ///< no check of the sensors asks to stop
  bool safe = true;        ///< no check asks to stop; else the one that does:
  const char* check = "";
  double check_value = 0.0, check_limit = 0.0;
};

/// Thresholds of the guards.
struct GuardLimits {
  double settle_time = 0.0;  ///< s
  double tilt = 0.0;         ///< rad, at which a robot may still stand up
  double speed = 0.0;        ///< m/s and rad/s, at which it counts as lying still
  int rightings = 0;         ///< times that it tries to right itself
};

/// Holds the phase; changes it where the table and its guards allow, and remembers why or why not.
class SUREFOOT_API PhaseMachine {
 public:
  explicit PhaseMachine(const GuardLimits& limits) : limits_(limits) {}

  Phase phase() const { return phase_; }
  double since() const { return since_; }  ///< s, when the phase began

  /// Whether `after` can follow the present phase at all.
  bool reachable(Phase after) const;
  /// Changes to `after` if the table and the guards allow; says whether it did.
  bool enter(Phase after, Reason reason, const Facts& facts, double value = 0.0, double limit = 0.0,
             const char* check = "");

  /// The last kKept changes; number i counts from the first ever, below `count()`.
  static constexpr long kKept = 64;
  long count() const { return count_; }
  const Transition& change(long i) const { return changes_[static_cast<std::size_t>(i % kKept)]; }
  /// The latest refusal and how many different ones there were (one that persists counts once).
  const Transition& refusal() const { return refusal_; }
  long refusals() const { return refusals_; }

 private:
  Reason guard(Phase after, const Facts& facts, double& value, double& limit) const;

  GuardLimits limits_;
  Phase phase_ = Phase::kPassive;
  double since_ = 0.0;
  std::array<Transition, kKept> changes_;
  long count_ = 0, refusals_ = 0;
  Transition refusal_;
};

}  // namespace surefoot
