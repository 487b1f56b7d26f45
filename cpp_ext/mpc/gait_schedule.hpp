#pragma once
#include <limits>
#include <string>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot::mpc {

/// A periodic contact pattern; offsets are the phases at which each contact's stance begins.
struct Gait {
  std::string name;
  double period = 1.0;         ///< s
  double duty = 1.0;           ///< fraction of the period on the ground
  std::vector<double> offset;  ///< by contact
  double swing_height = 0.0;   ///< m
  double shift_time = 0.0;     ///< s that a robot on all contacts stays so when the gait begins
};

struct SwingInterval {
  double start = std::numeric_limits<double>::infinity();
  double end = std::numeric_limits<double>::infinity();
};

/// How far measured contact may move the times of lift-off and touch-down.
struct ContactCorrection {
  double early = 1.0;  ///< share of the swing after which a touch ends it
  double grace = 0.0;  ///< s after the planned touch-down in which contact need not be seen yet
  double limit = 0.0;  ///< s beyond which a missing contact is sought no more
  double step = 0.0;   ///< s by which a swing without its touch-down is extended
};

/// Which contacts carry force when. The gait may change at any time: contacts in swing first
/// finish it, and no contact leaves the ground in the middle of the new gait's swing.
class SUREFOOT_API GaitSchedule {
 public:
  explicit GaitSchedule(int contacts);

  /// All contacts on the ground at `time`; the gait starts at its best matching phase.
  void reset(const Gait& gait, double time);
  void change(const Gait& gait, double time);
  const Gait& gait() const { return gait_; }
  /// A contact's swing ends now because it touches, or lasts longer because it does not; the gait
  /// goes on as planned after that.
  /// @return whether that changed the schedule
  bool correct(int contact, double time, bool touching, const ContactCorrection& options);

  bool in_contact(int contact, double time) const;
  /// First time after `time` at which the contact lifts off or touches down (infinity if never).
  double next_event(int contact, double time) const;
  /// The swing at `time`, or else the next one (infinite if there is none).
  SwingInterval swing(int contact, double time) const;
  double stance_duration() const { return gait_.duty * gait_.period; }

 private:
  struct Hold {
    SwingInterval swing;  ///< taken over from the gait before
    double free;          ///< time from which the gait alone decides
    double planned = std::numeric_limits<double>::infinity();  ///< its end before corrections
  };
  double phase(int contact, double time) const;
  bool gait_contact(int contact, double time) const;
  double gait_event(int contact, double time) const;
  /// Hold of a swing that ends at `end`, until the gait is on the ground too.
  Hold held(int contact, const SwingInterval& swing, double planned) const;
  /// When the contact's last swing was planned to end (infinitely long ago if it had none).
  double planned_touch_down(int contact, double time) const;
  double best_origin(const Gait& gait, double time) const;

  Gait gait_;
  double origin_ = 0.0;  ///< a time at which the phase is zero
  std::vector<Hold> holds_, next_holds_;
};

}  // namespace surefoot::mpc
