#pragma once
#include <algorithm>

#include "surefoot/estimation/error_covariance.hpp"

namespace surefoot {

/// How far footholds lie off what is remembered of the ground's height, learnt from them: a robot
/// cannot know beforehand whether it walks on a laboratory's floor or on cobbles, and a filter
/// told the one on the other is too cautious or too sure of its tilt.
/// Covariance matching: Mohamed and Schwarz, "Adaptive Kalman filtering for INS/GPS", Journal of
/// Geodesy 1999.
class SUREFOOT_API GroundRoughness {
 public:
  /// Before any foothold: a standard deviation, m.
  explicit GroundRoughness(double deviation) : usual_(deviation * deviation), variance_(usual_) {}

  /// Starts anew from another deviation, if it is another.
  void assume(double deviation) {
    if (deviation * deviation != usual_) *this = GroundRoughness(deviation);
  }

  /// A foothold's height above what is remembered, as far as it is not known.
  void learn(const Innovation& height) {
    // A filter in doubt of more than the ground's usual roughness can hardly see it.
    const double clear = usual_ / (usual_ + height.variance);
    const double weight = clear * clear;
    seen_ = std::min(seen_ + weight, kFootholds);
    variance_ += weight / seen_ * (square(height) - height.variance - variance_);
    variance_ = std::max(variance_, kFinest * kFinest);
  }

  /// Whether that height may be roughness; otherwise it is a step, a stone or a slope.
  bool explains(const Innovation& height) const {
    return square(height) <= kLikely * (variance_ + height.variance);
  }

  /// Of the ground's height under a foothold, m^2.
  double variance() const { return variance_; }

 private:
  static constexpr double kFootholds = 10.0;  ///< that are remembered
  static constexpr double kFinest = 2e-5;     ///< m: no floor and no foot is truer
  static constexpr double kLikely = 9.0;      ///< three standard deviations

  static double square(const Innovation& height) { return height.residual * height.residual; }

  double usual_, variance_;
  double seen_ = 1.0;  ///< footholds, the first of which was assumed
};

}  // namespace surefoot
