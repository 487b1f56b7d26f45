#pragma once
#include <memory>
#include <string>

#include "surefoot/control/controller.hpp"

namespace surefoot {

/// Gains and weights of the tasks of the default stack: base and swing feet, then posture, then
/// contact forces.
struct StackGains {
  Eigen::Matrix<double, 6, 1> base_kp, base_kd;
  double base_weight = 0.0, swing_kp = 0.0, swing_kd = 0.0, swing_weight = 0.0;
  double posture_kp = 0.0, posture_kd = 0.0, posture_weight = 0.0, force_weight = 0.0;
};

/// Everything that a controller of one robot is made of.
struct RobotSetup {
  RobotDescription description;
  ControlOptions control;
  EstimatorOptions estimator;
  bool linear_filter = false;  ///< instead of the invariant filter
  int imu_joint = -1;          ///< that carries the IMU; -1: the base
  Eigen::Matrix3d imu_rotation = Eigen::Matrix3d::Identity();
  Eigen::Vector3d imu_translation = Eigen::Vector3d::Zero();
  WbcOptions wbc;
  bool strict = false;  ///< whole-body control level by level
  StackGains stack;
};

/// The setup as text, one `name value...` a line: what `surefoot robots export` writes.
SUREFOOT_API std::string write_robot(const RobotSetup& setup);
/// Throws std::runtime_error naming the line that is missing or wrong.
SUREFOOT_API RobotSetup parse_robot(const std::string& text);
/// Likewise from a file.
SUREFOOT_API RobotSetup read_robot(const std::string& path);
/// A controller with the filter and the default stack that the setup asks for.
SUREFOOT_API std::unique_ptr<Controller> make_controller(const RobotSetup& setup);

}  // namespace surefoot
