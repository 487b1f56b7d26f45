#include "surefoot/control/safety.hpp"

#include <cmath>

namespace surefoot {
namespace {

constexpr const char* kCheckNames[kChecks] = {"torque",       "joint_position", "joint_velocity",
                                              "tilt_deg",     "foot_slip",      "estimate",
                                              "plan_age",     "sensor_age",     "not_finite",
                                              "sensor_fault", "plan_failures",  "wbc_failures"};
constexpr const char* kReactionNames[] = {"none", "limit", "slow_down", "stop", "damp"};

}  // namespace

const char* name_of(Check check) { return kCheckNames[static_cast<int>(check)]; }
const char* name_of(Reaction reaction) { return kReactionNames[static_cast<int>(reaction)]; }

Reaction Safety::judge(Check check, double value, double time) {
  CheckRecord& record = records_[static_cast<std::size_t>(check)];
  Reaction now = Reaction::kNone;
  double limit = 0.0;
  for (const SafetyLevel& level : options_.levels[static_cast<std::size_t>(check)])
    if (!(value <= level.limit) && level.reaction > now) {
      now = level.reaction;
      limit = level.limit;
    }
  record.value = value;
  if (!(value <= record.worst)) record.worst = value;
  if (now != Reaction::kNone) ++record.count;
  if (now >= record.reaction || time >= record.until) {
    // Limiting ends with its cause: it changes nothing that would have to settle.
    record.until = now > Reaction::kLimit ? time + options_.hold_time : time;
    record.reaction = now;
    record.limit = limit;
  }
  return record.reaction;
}

Check Safety::worst() const {
  int worst = 0;
  for (int i = 1; i < kChecks; ++i)
    if (records_[static_cast<std::size_t>(i)].reaction >
        records_[static_cast<std::size_t>(worst)].reaction)
      worst = i;
  return static_cast<Check>(worst);
}

double Safety::limit(Check check, double otherwise) const {
  for (const SafetyLevel& level : options_.levels[static_cast<std::size_t>(check)])
    if (level.reaction == Reaction::kLimit) return level.limit;
  return otherwise;
}

}  // namespace surefoot
