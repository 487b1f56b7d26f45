#include "surefoot/estimation/encoder_watch.hpp"

#include <algorithm>

namespace surefoot {

EncoderWatch::EncoderWatch(int nj, double max_gap, double stuck_motion)
    : max_gap_(max_gap), stuck_motion_(stuck_motion), encoders_(static_cast<std::size_t>(nj)) {}

void EncoderWatch::reset() { std::fill(encoders_.begin(), encoders_.end(), Encoder{}); }

bool EncoderWatch::any_stuck() const {
  return std::any_of(encoders_.begin(), encoders_.end(),
                     [](const Encoder& encoder) { return encoder.stuck; });
}

void EncoderWatch::update(const Eigen::VectorXd& position, const Eigen::VectorXd& velocity,
                          double dt) {
  std::size_t frozen = 0;
  for (std::size_t j = 0; j < encoders_.size(); ++j) {
    Encoder& encoder = encoders_[j];
    const auto row = static_cast<Eigen::Index>(j);
    const double q = position[row], dq = velocity[row];
    const bool still = q == encoder.position, same = still && dq == encoder.velocity;
    encoder.frozen_time = same ? encoder.frozen_time + dt : 0.0;
    encoder.motion = still && std::isfinite(dq) ? encoder.motion + dq * dt : 0.0;
    encoder.belied = still && (encoder.belied || std::abs(encoder.motion) > stuck_motion_);
    encoder.position = q;
    encoder.velocity = dq;
    frozen += encoder.frozen_time > max_gap_;
  }
  // All frozen: a robot at rest with perfect sensors, or no new sample. Some: their encoders.
  for (Encoder& encoder : encoders_)
    encoder.stuck =
        encoder.belied || (encoder.frozen_time > max_gap_ && 2 * frozen < encoders_.size());
}

}  // namespace surefoot
