#pragma once
#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot {

/// Notices joint encoders that are stuck: that repeat themselves while the others do not, or whose
/// own velocity says that they moved.
class SUREFOOT_API EncoderWatch {
 public:
  /// `max_gap`: s, a longer repetition is a failure; `stuck_motion`: rad by the velocity.
  EncoderWatch(int nj, double max_gap, double stuck_motion);

  void reset();
  /// Takes in one sample (nj) of positions, rad, and velocities, rad/s or NaN, dt s after the last.
  void update(const Eigen::VectorXd& position, const Eigen::VectorXd& velocity, double dt);

  bool stuck(int joint) const { return encoders_[joint].stuck; }
  bool any_stuck() const;

 private:
  struct Encoder {
    double position = NAN, velocity = NAN;  ///< the last sample's
    double frozen_time = 0.0;               ///< s without any change of position and velocity
    double motion = 0.0;                    ///< rad, by its velocity, since the position changed
    bool belied = false;                    ///< its velocity says that it moved
    bool stuck = false;
  };
  double max_gap_, stuck_motion_;
  std::vector<Encoder> encoders_;
};

}  // namespace surefoot
