#include "control/contact_switch.hpp"

#include <algorithm>

namespace surefoot {

ContactSwitch::ContactSwitch(int nc, const ContactSwitchOptions& options)
    : options_(options), feet_(static_cast<std::size_t>(nc)) {}

void ContactSwitch::reset() { std::fill(feet_.begin(), feet_.end(), Foot{}); }

void ContactSwitch::search(const WholeBodyController::Contacts& grounded) {
  for (std::size_t i = 0; i < feet_.size(); ++i)
    if (!grounded[static_cast<Eigen::Index>(i)]) feet_[i].searching = true;
}

void ContactSwitch::miss(Foot& foot) {
  late_ += foot.missed ? 0 : 1;
  foot.missed = true;  // once, however often the plan puts it off
}

void ContactSwitch::apply(double dt, const ContactEstimator& measured, Reference& reference,
                          WholeBodyController::Contacts& contacts) {
  for (int i = 0; i < measured.nc(); ++i) {
    Foot& foot = feet_[static_cast<std::size_t>(i)];
    const ContactVerdict& verdict = measured[i];
    if (!contacts[i]) {
      foot.missing = foot.depth = 0.0;
      foot.searching = false;
      // A plan that follows what is measured sends a foot that found no ground further down.
      if (foot.planned && !foot.touched) miss(foot);
      if (verdict.touchdown && reference.contact_velocity(2, i) < 0.0 && !foot.touched) ++early_;
      foot.touched = verdict.in_contact && (foot.touched || verdict.touchdown);
      foot.planned = false;
      const bool lands = verdict.in_contact && verdict.duration >= options_.early_time &&
                         reference.contact_velocity(2, i) < 0.0;
      foot.landed_early = foot.landed_early || lands;
      contacts[i] = foot.landed_early;
      continue;
    }
    if (!foot.planned) foot.touched = false;
    foot.planned = true;
    foot.touched = foot.touched || verdict.in_contact;
    if (verdict.in_contact) foot.missed = false;
    foot.landed_early = false;
    foot.missing = verdict.in_contact ? 0.0 : foot.missing + dt;
    if (verdict.in_contact) foot.searching = false;
    if (!foot.searching && foot.missing > options_.late_time) {
      foot.searching = true;
      foot.depth = 0.0;
      miss(foot);
    }
    if (!foot.searching) continue;
    contacts[i] = false;
    const bool deeper = foot.depth < options_.search_depth;
    foot.depth = std::min(foot.depth + options_.search_speed * dt, options_.search_depth);
    reference.contact_position(2, i) -= foot.depth;
    reference.contact_velocity(2, i) = deeper ? -options_.search_speed : 0.0;
    reference.contact_acceleration.col(i).setZero();
    reference.forces.col(i).setZero();
  }
}

}  // namespace surefoot
