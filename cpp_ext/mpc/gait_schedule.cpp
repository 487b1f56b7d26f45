#include "mpc/gait_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace surefoot::mpc {
namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kInstant = 1e-9;  // s; events closer than this are the same

double fraction(double value) { return value - std::floor(value); }
}  // namespace

GaitSchedule::GaitSchedule(int contacts)
    : holds_(static_cast<std::size_t>(contacts), Hold{SwingInterval{}, -kInfinity}),
      next_holds_(holds_) {
  gait_.offset.assign(static_cast<std::size_t>(contacts), 0.0);
}

double GaitSchedule::phase(int contact, double time) const {
  return fraction((time - origin_) / gait_.period -
                  gait_.offset[static_cast<std::size_t>(contact)]);
}

bool GaitSchedule::gait_contact(int contact, double time) const {
  return gait_.duty >= 1.0 || phase(contact, time + kInstant) < gait_.duty;
}

double GaitSchedule::gait_event(int contact, double time) const {
  if (gait_.duty >= 1.0) return kInfinity;
  const double now = time + kInstant, at = phase(contact, now);
  return now + ((at < gait_.duty ? gait_.duty : 1.0) - at) * gait_.period;
}

bool GaitSchedule::in_contact(int contact, double time) const {
  const auto& hold = holds_[static_cast<std::size_t>(contact)];
  if (time + kInstant >= hold.free) return gait_contact(contact, time);
  return time + kInstant < hold.swing.start || time + kInstant >= hold.swing.end;
}

double GaitSchedule::next_event(int contact, double time) const {
  const auto& hold = holds_[static_cast<std::size_t>(contact)];
  if (time + kInstant < hold.swing.start && hold.swing.start < hold.free) return hold.swing.start;
  if (time + kInstant < hold.swing.end && hold.swing.end <= hold.free) return hold.swing.end;
  // The gait is on the ground when it becomes free, so that moment itself is no event.
  return gait_event(contact, std::max(time, hold.free));
}

SwingInterval GaitSchedule::swing(int contact, double time) const {
  const auto& hold = holds_[static_cast<std::size_t>(contact)];
  if (hold.swing.end <= hold.free && time + kInstant < hold.swing.end) return hold.swing;
  const double from = std::max(time, hold.free);
  if (gait_.duty >= 1.0) return {};
  const double swing_time = (1.0 - gait_.duty) * gait_.period;
  const double event = gait_event(contact, from);
  if (gait_contact(contact, from)) return {event, event + swing_time};
  return {event - swing_time, event};
}

GaitSchedule::Hold GaitSchedule::held(int contact, const SwingInterval& swing,
                                      double planned) const {
  const double landed = swing.end;
  return {swing, gait_contact(contact, landed) ? landed : gait_event(contact, landed), planned};
}

double GaitSchedule::planned_touch_down(int contact, double time) const {
  const auto& hold = holds_[static_cast<std::size_t>(contact)];
  if (gait_.duty < 1.0 && time + kInstant >= hold.free) {
    const double begun = time - phase(contact, time + kInstant) * gait_.period;
    if (begun > hold.free + kInstant || !std::isfinite(hold.swing.end)) return begun;
  }
  return std::isfinite(hold.swing.end) ? hold.planned : -kInfinity;
}

bool GaitSchedule::correct(int contact, double time, bool touching,
                           const ContactCorrection& options) {
  auto& hold = holds_[static_cast<std::size_t>(contact)];
  const bool stance = in_contact(contact, time);
  const bool extended = !stance && time < hold.swing.end && hold.swing.end > hold.planned;
  if (touching == stance && !extended) return false;
  if (touching) {
    const SwingInterval now = swing(contact, time);
    if (!extended && time - now.start < options.early * (now.end - now.start)) return false;
    hold = held(contact, {now.start, time}, extended ? hold.planned : now.end);
    return true;
  }
  // Only the touch-down may be late: a contact lost in the middle of its stance is none of this.
  const double planned = extended ? hold.planned : planned_touch_down(contact, time);
  const double late = time - planned;
  if (!(late >= options.grace && late < options.grace + options.limit)) return false;
  hold = held(contact, {planned, time + options.step}, planned);
  return true;
}

void GaitSchedule::reset(const Gait& gait, double time) {
  for (auto& hold : holds_) hold = {SwingInterval{}, -kInfinity};
  gait_ = gait;
  gait_.duty = 1.0;
  change(gait, time);
}

void GaitSchedule::change(const Gait& gait, double time) {
  auto& holds = next_holds_;
  bool standing = true;
  for (std::size_t i = 0; i < holds.size(); ++i)
    standing = standing && in_contact(static_cast<int>(i), time);
  const double begin = standing && gait_.duty >= 1.0 ? time + gait.shift_time : time;
  const double origin = best_origin(gait, time) + begin - time;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    const int contact = static_cast<int>(i);
    holds[i].swing = in_contact(contact, time) ? SwingInterval{} : swing(contact, time);
  }
  gait_ = gait;
  origin_ = origin;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    const int contact = static_cast<int>(i);
    const bool swinging = std::isfinite(holds[i].swing.end);
    const double landed = swinging ? holds[i].swing.end : begin;
    holds[i].planned = swinging ? landed : kInfinity;
    holds[i].free = gait_contact(contact, landed) ? landed : gait_event(contact, landed);
  }
  std::swap(holds_, next_holds_);
}

double GaitSchedule::best_origin(const Gait& gait, double time) const {
  // Every touch-down of the new gait may fall on now; take the one whose swings in flight match
  // those of the contacts best, and among equals the one that moves soonest.
  double best = kInfinity, origin = time;
  for (std::size_t candidate = 0; candidate < holds_.size(); ++candidate) {
    double score = 0.0, soonest = gait.period;
    for (std::size_t i = 0; i < holds_.size(); ++i) {
      const int contact = static_cast<int>(i);
      const double at = fraction(gait.offset[candidate] - gait.offset[i] + 1e-9);
      const bool new_stance = at < gait.duty;
      const double new_rest = new_stance ? 0.0 : (1.0 - at) * gait.period;
      const double rest =
          in_contact(contact, time) ? 0.0 : std::max(0.0, swing(contact, time).end - time);
      score += std::abs(new_rest - rest);
      if (new_stance) soonest = std::min(soonest, (gait.duty - at) * gait.period);
    }
    score += 0.01 * soonest;
    if (score < best) {
      best = score;
      origin = time - gait.offset[candidate] * gait.period;
    }
  }
  return origin;
}

}  // namespace surefoot::mpc
