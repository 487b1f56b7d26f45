#include "surefoot/estimation/attitude_filter.hpp"

#include <limits>

#include "estimation/so3.hpp"

namespace surefoot {
namespace {

constexpr double kGravity = 9.81;

double square(double x) { return x * x; }

}  // namespace

AttitudeFilter::AttitudeFilter(const EstimatorOptions& options)
    : options_(options), covariance_(6) {}

void AttitudeFilter::initialize(const Eigen::Matrix3d& rotation, const Eigen::Vector3d& gyro_bias,
                                double tilt_deviation, double bias_deviation) {
  rotation_ = rotation;
  gyro_bias_ = gyro_bias;
  following_ = false;
  auto& p = covariance_.matrix();
  p.setZero();
  p.diagonal().head<3>().setConstant(square(options_.initial_accelerometer_bias / kGravity) +
                                     square(tilt_deviation));  // yaw is the frame's own: known
  p(2, 2) = 1e-12;
  p.diagonal().tail<3>().setConstant(square(bias_deviation));
}

void AttitudeFilter::predict(const Eigen::Vector3d& gyro, double dt, double noise) {
  auto& p = covariance_.matrix();
  // d(e)/dt = -R (bias error) + R noise.
  const Eigen::Matrix3d map = -dt * rotation_;
  p.topRows<3>() += map * p.bottomRows<3>();
  p.leftCols<3>() += p.rightCols<3>() * map.transpose();
  p.diagonal().head<3>().array() += square(noise) * dt;
  p.diagonal().tail<3>().array() += square(options_.gyro_bias_noise) * dt;
  rotation_ = rotation_ * so3_exp((gyro - gyro_bias_) * dt);
  so3_normalize(rotation_);
}

void AttitudeFilter::correct(const Eigen::Vector3d& accelerometer, const Eigen::Vector3d* velocity,
                             double dt) {
  if (velocity == nullptr) {
    following_ = false;
    return;
  }
  const Eigen::Vector3d force = rotation_ * accelerometer;
  if (!following_) {
    following_ = true;
    followed_ = 0.0;
    slow_force_ = force;
    slow_velocity_ = *velocity;
    return;
  }
  const double blend = dt / (options_.tilt_time + dt);
  slow_force_ += blend * (force - slow_force_);
  slow_velocity_ += blend * (*velocity - slow_velocity_);
  followed_ += dt;
  if (followed_ < 2.0 * options_.tilt_time) return;  // the two start-up transients differ
  const Eigen::Vector3d acceleration = (*velocity - slow_velocity_) / options_.tilt_time;
  Eigen::Vector3d residual = Eigen::Vector3d(0.0, 0.0, kGravity) + acceleration - slow_force_;
  residual.z() = 0.0;  // tells nothing of tilt
  // The low-pass makes errors of neighbouring ticks alike: white noise of the same weight.
  const double variance = square(options_.tilt_acceleration_noise) * 2.0 * options_.tilt_time / dt;
  covariance_.begin();
  const Eigen::Matrix3d map = -kGravity * skew(Eigen::Vector3d::UnitZ());
  covariance_.update3(-1, -1, 0, map, residual, variance * Eigen::Matrix3d::Identity(),
                      std::numeric_limits<double>::infinity());
  rotation_ = so3_exp(covariance_.correction().head<3>()) * rotation_;
  gyro_bias_ += covariance_.correction().tail<3>();
}

}  // namespace surefoot
