#include "surefoot/estimation/rest_motion.hpp"

#include <algorithm>
#include <cmath>

#include "estimation/likely.hpp"

namespace surefoot {

void RestMotion::reset() {
  count_ = 0;
  time_ = time_squared_ = speed_ = turn_ = 0.0;
  for (Sums& sums : moved_) {
    sums.position.setZero();
    sums.time_position.setZero();
  }
}

void RestMotion::add(double time, const ContactKinematics& kinematics, double joint_noise) {
  ++count_;
  time_ += time;
  time_squared_ += time * time;
  const double spread = time_squared_ - time_ * time_ / count_;
  speed_ = turn_ = 0.0;
  for (std::size_t i = 0; i < moved_.size(); ++i) {
    const RelativeFrame& foot = kinematics.contact(static_cast<int>(i));
    Sums& sums = moved_[i];
    sums.position += foot.position;
    sums.time_position += time * foot.position;
    if (count_ < 3 || !(spread > 0.0)) continue;
    // A line through the positions; its slope errs by their noise over the times' spread.
    const Eigen::Vector3d slope = (sums.time_position - time_ / count_ * sums.position) / spread;
    const double noise = joint_noise * joint_noise * foot.linear_jacobian.squaredNorm() / spread;
    const double speed = std::sqrt(std::max(slope.squaredNorm() - kLikely * noise, 0.0));
    speed_ = std::max(speed_, speed);
    turn_ = std::max(turn_, speed / std::max(foot.position.norm(), 0.1));
  }
}

}  // namespace surefoot
