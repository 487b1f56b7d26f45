#include "control/delay_predictor.hpp"

#include <algorithm>

#include "control/prediction.hpp"

namespace surefoot {

DelayPredictor::DelayPredictor(int nv, double delay)
    : delay_(delay), accelerations_(nv, kCommands), change_(nv), mean_(nv) {
  accelerations_.setZero();
}

void DelayPredictor::predict(double time, Eigen::VectorXd& q, Eigen::VectorXd& v) {
  if (!(delay_ > 0.0)) return;
  const double end = time + delay_;
  change_.setZero();
  mean_ = v;
  for (int i = 0; i < count_; ++i) {
    const int k = (first_ + i) % kCommands, after = (k + 1) % kCommands;
    const double from = std::max(time, times_[static_cast<std::size_t>(k)] + delay_);
    const double to =
        i + 1 < count_ ? std::min(end, times_[static_cast<std::size_t>(after)] + delay_) : end;
    if (!(to > from)) continue;
    change_ += (to - from) * accelerations_.col(k);
    mean_ += ((to - from) * (end - 0.5 * (from + to)) / delay_) * accelerations_.col(k);
  }
  move_on(delay_, q, mean_);
  v += change_;
}

void DelayPredictor::command(double time, const Eigen::VectorXd& acceleration) {
  const int k = (first_ + count_) % kCommands;
  if (count_ == kCommands)
    first_ = (first_ + 1) % kCommands;
  else
    ++count_;
  times_[static_cast<std::size_t>(k)] = time;
  accelerations_.col(k) = acceleration;
}

}  // namespace surefoot
