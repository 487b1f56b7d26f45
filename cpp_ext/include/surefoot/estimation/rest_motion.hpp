#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/estimation/contact_kinematics.hpp"

namespace surefoot {

/// How much a robot moves while gyro and accelerometer may pass for at rest: a slow sway on its
/// feet turns and accelerates it by less than their biases may be. Its joints show it: the mean
/// velocity of each foot as seen from the IMU, beyond what encoder noise explains.
class RestMotion {
 public:
  explicit RestMotion(int nc) : moved_(static_cast<std::size_t>(nc)) { reset(); }

  void reset();
  /// `time` since the reset, s; `joint_noise`: standard deviation of a joint position, rad.
  void add(double time, const ContactKinematics& kinematics, double joint_noise);
  double speed() const { return speed_; }  ///< of the fastest foot, m/s
  double turn() const { return turn_; }    ///< of the IMU, if that is what moved, rad/s

 private:
  struct Sums {
    Eigen::Vector3d position, time_position;
  };
  std::vector<Sums> moved_;
  int count_ = 0;
  double time_ = 0.0, time_squared_ = 0.0;  ///< sums
  double speed_ = 0.0, turn_ = 0.0;
};

}  // namespace surefoot
