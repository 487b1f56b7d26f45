#pragma once
#include <Eigen/Core>

#include "surefoot/estimation/error_covariance.hpp"
#include "surefoot/estimation/options.hpp"

namespace surefoot {

/// Attitude and gyro bias from gyro and gravity. The accelerometer's specific force is compared
/// with gravity plus the acceleration that leg kinematics shows, both through the same low-pass:
/// the low-pass of an acceleration is (v - lowpass(v)) / tau, so no signal is differentiated and
/// no manoeuvre mistaken for tilt.
/// Error state: rotation vector in world axes (true R = exp(e) R), gyro bias.
class SUREFOOT_API AttitudeFilter {
 public:
  explicit AttitudeFilter(const EstimatorOptions& options);
  void set_options(const EstimatorOptions& options) { options_ = options; }

  /// Deviations: of the tilt beside what an accelerometer bias makes of it, rad; of the bias,
  /// rad/s.
  void initialize(const Eigen::Matrix3d& rotation, const Eigen::Vector3d& gyro_bias,
                  double tilt_deviation, double bias_deviation);
  /// `noise`: density of the gyro's white noise, rad/s/sqrt(Hz).
  void predict(const Eigen::Vector3d& gyro, double dt, double noise);
  /// Turns towards gravity. `velocity`: of the IMU in the world from contacts, or nullptr where
  /// nothing shows it (the comparison then starts afresh).
  void correct(const Eigen::Vector3d& accelerometer, const Eigen::Vector3d* velocity, double dt);
  /// Takes the attitude from outside (an IMU's own filter).
  void set_rotation(const Eigen::Matrix3d& rotation) { rotation_ = rotation; }

  const Eigen::Matrix3d& rotation() const { return rotation_; }
  const Eigen::Vector3d& gyro_bias() const { return gyro_bias_; }
  /// (6, 6) of [rotation, gyro bias].
  const Eigen::MatrixXd& covariance() const { return covariance_.matrix(); }

 private:
  EstimatorOptions options_;
  Eigen::Matrix3d rotation_ = Eigen::Matrix3d::Identity();
  Eigen::Vector3d gyro_bias_ = Eigen::Vector3d::Zero();
  ErrorCovariance covariance_;
  bool following_ = false;
  double followed_ = 0.0;
  Eigen::Vector3d slow_force_, slow_velocity_;
};

}  // namespace surefoot
