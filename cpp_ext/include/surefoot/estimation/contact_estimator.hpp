#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/estimation/contact_kinematics.hpp"
#include "surefoot/estimation/options.hpp"

namespace surefoot {

/// What is known of one contact at one tick. A source that is missing is NaN.
struct ContactEvidence {
  double plan;            ///< planned probability of contact
  double measured_force;  ///< N, from a foot sensor
  double torque_force;    ///< N, vertical, from joint torques
  double speed;           ///< m/s, of the foot in the world, rolling taken off
  double height;          ///< m, of the foot above the terrain it is known to stand on
};

/// One contact's verdict.
struct ContactVerdict {
  double probability = 0.0;
  bool in_contact = false;
  bool touchdown = false;  ///< in_contact began at this tick
  double duration = 0.0;   ///< s since in_contact changed
};

/// Probability that each contact is on the ground: log-odds of independent sources added up
/// (plan, foot force, force from joint torques, foot speed and height), each of them optional,
/// with hysteresis on the decision.
/// Sources as in Camurri et al., "Probabilistic contact estimation and impact detection for
/// state estimation of quadruped robots", RA-L 2017, and Bledt et al., ICRA 2018.
class SUREFOOT_API ContactEstimator {
 public:
  ContactEstimator(int nc, const ContactOptions& options);

  void set_options(const ContactOptions& options) { options_ = options; }
  void reset();
  void update(int contact, const ContactEvidence& evidence, double dt);
  const ContactVerdict& operator[](int contact) const { return verdicts_[contact]; }
  int nc() const { return static_cast<int>(verdicts_.size()); }
  int count() const;  ///< contacts in contact

 private:
  ContactOptions options_;
  std::vector<ContactVerdict> verdicts_;
};

}  // namespace surefoot
