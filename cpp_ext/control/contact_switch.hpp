#pragma once
#include <vector>

#include "surefoot/control/options.hpp"
#include "surefoot/estimation/contact_estimator.hpp"
#include "surefoot/wbc/whole_body_controller.hpp"

namespace surefoot {

/// Which contacts the whole-body controller treats as carrying force:
///
///   planned stance, measured (or unmeasured for less than late_time)   carries
///   planned stance, unmeasured for longer (late touch-down, missed     does not carry, moves down
///     foothold, lost contact), until it is measured                      by search_speed
///   planned swing, descending, measured for early_time (early          carries from then on, up to
///     touch-down)                                                        its planned stance's end
///   planned swing otherwise                                            does not carry
class ContactSwitch {
 public:
  ContactSwitch(int nc, const ContactSwitchOptions& options);

  void reset();
  /// All contacts are planned from now on; those in the air so far move down at once.
  void search(const WholeBodyController::Contacts& grounded);
  /// One tick. Changes `contacts` from planned to carrying and the reference of feet that search.
  void apply(double dt, const ContactEstimator& measured, Reference& reference,
             WholeBodyController::Contacts& contacts);
  long early() const { return early_; }  ///< touch-downs so far before their time
  long late() const { return late_; }    ///< contacts so far that were missed

 private:
  struct Foot {
    double missing = 0.0;  ///< s
    double depth = 0.0;    ///< m that it has searched
    bool searching = false, landed_early = false;
    bool planned = true, touched = true;  ///< in stance by the plan; measured since that began
    bool missed = false;                  ///< counted, and not found since
  };
  void miss(Foot& foot);
  ContactSwitchOptions options_;
  std::vector<Foot> feet_;
  long early_ = 0, late_ = 0;
};

}  // namespace surefoot
