#include "surefoot/control/phase_machine.hpp"

#include <cmath>
#include <cstdio>

namespace surefoot {
namespace {

constexpr const char* kNames[kPhases] = {"passive", "damping", "righting", "stand_up", "stand",
                                         "walk",    "stop",    "sit",      "fault"};

constexpr unsigned bit(Phase phase) { return 1u << static_cast<unsigned>(phase); }

constexpr unsigned kAlways = bit(Phase::kDamping) | bit(Phase::kFault);

/// Which phases can follow which; docs/control.md has the picture.
constexpr unsigned kNext[kPhases] = {
    /* passive */ bit(Phase::kStandUp) | bit(Phase::kRighting) | kAlways,
    /* damping */ bit(Phase::kStandUp) | bit(Phase::kRighting) | bit(Phase::kPassive) |
        bit(Phase::kFault),
    /* righting */ bit(Phase::kStandUp) | kAlways,
    /* stand_up */ bit(Phase::kStand) | kAlways,
    /* stand */ bit(Phase::kWalk) | bit(Phase::kSit) | kAlways,
    /* walk */ bit(Phase::kStop) | bit(Phase::kStand) | kAlways,
    /* stop */ bit(Phase::kStand) | bit(Phase::kWalk) | kAlways,
    /* sit */ bit(Phase::kPassive) | kAlways,
    /* fault */ 0u};

constexpr double kDegrees = 57.29577951308232;

}  // namespace

const char* name_of(Phase phase) { return kNames[static_cast<int>(phase)]; }

std::string Transition::text() const {
  char buffer[160];
  const auto with = [&](const char* format, double a, double b) {
    std::snprintf(buffer, sizeof buffer, format, a, b);
    return std::string(buffer);
  };
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kStandAsked:
      return "stand() was called";
    case Reason::kRighted:
      return "is upright";
    case Reason::kStanding:
      return "the standing posture is reached";
    case Reason::kWalkAsked:
      return "the gait and the command ask for it";
    case Reason::kNoCommand:
      return "no command any more";
    case Reason::kAtRest:
      return "no command, every foot is down";
    case Reason::kSitAsked:
      return "sit() was called";
    case Reason::kLying:
      return "lying";
    case Reason::kDampAsked:
      return "damp() was called";
    case Reason::kCommandNotFinite:
      return "the joint command was not finite";
    case Reason::kLimit:
      return std::string(check) + with(": %.4g exceeds %.4g", value, limit);
    case Reason::kPlanLost:
      return with("the plan is %.3f s old, more than %.3f", value, limit);
    case Reason::kNotReachable:
      return std::string(name_of(after)) + " cannot follow " + name_of(before);
    case Reason::kEstimatorStarts:
      return "the state estimate is not ready";
    case Reason::kNotSettled:
      return with("settled for %.2f s of %.2f", value, limit);
    case Reason::kLiesTilted:
      return with("lies tilted by %.0f deg, more than %.0f: set it upright", kDegrees * value,
                  kDegrees * limit);
    case Reason::kNotRighted:
      return with("did not right itself in %.0f attempts: set it upright, or ask again", value,
                  limit);
    case Reason::kMoves:
      return with("the base still moves: %.2f m/s or rad/s, more than %.2f", value, limit);
    case Reason::kNoPlan:
      return "there is nothing to plan with";
  }
  return "";
}

bool PhaseMachine::reachable(Phase after) const {
  return (kNext[static_cast<int>(phase_)] & bit(after)) != 0u;
}

Reason PhaseMachine::guard(Phase after, const Facts& facts, double& value, double& limit) const {
  if (!reachable(after)) return Reason::kNotReachable;
  if (after == Phase::kStandUp || after == Phase::kRighting) {
    if (!facts.estimate_ready) return Reason::kEstimatorStarts;
    value = std::fmin(facts.settled, facts.time - since_);
    limit = limits_.settle_time;
    if (!(value >= limit)) return Reason::kNotSettled;
    value = facts.tilt, limit = limits_.tilt;
    if (!(value <= limit) && after == Phase::kStandUp) return Reason::kLiesTilted;
    value = facts.speed, limit = limits_.speed;
    if (!(value <= limit)) return Reason::kMoves;
  }
  if (after == Phase::kRighting) {
    value = limit = limits_.rightings;
    if (facts.rightings_left < 1) return Reason::kNotRighted;
    value = facts.check_value, limit = facts.check_limit;
    if (!facts.senses) return Reason::kLimit;
  }
  if (after == Phase::kWalk && !facts.can_plan) return Reason::kNoPlan;
  if (after == Phase::kWalk && !facts.safe) {
    value = facts.check_value, limit = facts.check_limit;
    return Reason::kLimit;
  }
  return Reason::kNone;
}

bool PhaseMachine::enter(Phase after, Reason reason, const Facts& facts, double value, double limit,
                         const char* check) {
  double seen = 0.0, allowed = 0.0;
  const Reason refused = guard(after, facts, seen, allowed);
  if (refused != Reason::kNone) {
    const bool same = refusal_.reason == refused && refusal_.before == phase_ &&
                      refusal_.after == after && refusal_.time >= since_;
    refusals_ += same ? 0 : 1;
    refusal_ = {facts.time, phase_, after, refused, seen, allowed, facts.check};
    return false;
  }
  changes_[static_cast<std::size_t>(count_ % kKept)] = {facts.time, phase_, after, reason,
                                                        value,      limit,  check};
  ++count_;
  phase_ = after;
  since_ = facts.time;
  return true;
}

}  // namespace surefoot
