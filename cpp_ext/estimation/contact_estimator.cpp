#include "surefoot/estimation/contact_estimator.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot {

ContactEstimator::ContactEstimator(int nc, const ContactOptions& options)
    : options_(options), verdicts_(static_cast<std::size_t>(nc)) {}

void ContactEstimator::reset() { std::fill(verdicts_.begin(), verdicts_.end(), ContactVerdict{}); }

int ContactEstimator::count() const {
  return static_cast<int>(std::count_if(verdicts_.begin(), verdicts_.end(),
                                        [](const ContactVerdict& v) { return v.in_contact; }));
}

void ContactEstimator::update(int contact, const ContactEvidence& evidence, double dt) {
  const auto from_force = [this](double force, double limit) {
    return std::clamp(limit * (force / options_.force_threshold - 1.0), -limit, limit);
  };
  const auto square = [](double x) { return x * x; };
  double log_odds = 0.0;
  if (std::isfinite(evidence.plan))
    log_odds += options_.plan_weight * std::clamp(2.0 * evidence.plan - 1.0, -1.0, 1.0);
  if (std::isfinite(evidence.measured_force))
    log_odds += from_force(evidence.measured_force, options_.force_limit);
  if (std::isfinite(evidence.torque_force))
    log_odds += from_force(evidence.torque_force, options_.torque_limit);
  double against = 0.0;
  if (std::isfinite(evidence.speed)) {
    log_odds += options_.still_weight;
    against += square(evidence.speed / options_.speed);
  }
  if (std::isfinite(evidence.height))
    against += square(std::max(evidence.height, 0.0) / options_.height);
  log_odds -= std::min(against, options_.kinematic_limit);

  ContactVerdict& verdict = verdicts_[static_cast<std::size_t>(contact)];
  verdict.probability = 1.0 / (1.0 + std::exp(-log_odds));
  const bool now = verdict.in_contact ? verdict.probability > options_.leave_probability
                                      : verdict.probability > options_.enter_probability;
  verdict.touchdown = now && !verdict.in_contact;
  verdict.duration = now == verdict.in_contact ? verdict.duration + dt : 0.0;
  verdict.in_contact = now;
}

}  // namespace surefoot
