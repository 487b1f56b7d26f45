#pragma once
#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot {

/// Where the base was at the latest ticks, so that a delayed pose can be compared with the estimate
/// of its own time.
class SUREFOOT_API PoseHistory {
 public:
  struct Pose {
    double time = NAN;
    Eigen::Vector3d position;
    Eigen::Matrix3d rotation;
  };

  PoseHistory() : poses_(kRemembered) {}

  void clear();
  void remember(double time, const Eigen::Vector3d& position, const Eigen::Matrix3d& rotation);
  /// The latest pose not after `time`; null if none is remembered.
  const Pose* at(double time) const;
  /// Turns all poses about the world's origin, then shifts them.
  void move(const Eigen::Matrix3d& turn, const Eigen::Vector3d& shift);

 private:
  static constexpr std::size_t kRemembered = 512;  ///< ticks that a delayed pose may be late
  std::vector<Pose> poses_;
  std::size_t next_ = 0;
};

}  // namespace surefoot
