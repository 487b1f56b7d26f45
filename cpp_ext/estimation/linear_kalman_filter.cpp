#include "surefoot/estimation/linear_kalman_filter.hpp"

#include <Eigen/Geometry>
#include <limits>

#include "estimation/so3.hpp"

namespace surefoot {
namespace {

constexpr double kGravity = 9.81;
constexpr double kNoGate = std::numeric_limits<double>::infinity();

double square(double x) { return x * x; }

}  // namespace

LinearKalmanFilter::LinearKalmanFilter(const RobotDescription& description,
                                       const ContactKinematics& kinematics,
                                       const EstimatorOptions& options)
    : StateEstimator(description, kinematics, options),
      attitude_(options),
      covariance_(6 + 3 * kinematics.nc()),
      feet_(Eigen::VectorXd::Zero(3 * kinematics.nc())) {}

void LinearKalmanFilter::set_options(const EstimatorOptions& options) {
  StateEstimator::set_options(options);
  attitude_.set_options(options);
}

Eigen::Matrix3d LinearKalmanFilter::kinematic_noise(int contact, double deviation) const {
  return imu_.rotation * kinematics_.contact(contact).position_noise(deviation) *
         imu_.rotation.transpose();
}

void LinearKalmanFilter::initialize() {
  const InitialDoubt doubt = initial_doubt();
  attitude_.initialize(imu_.rotation, imu_.gyro_bias, doubt.tilt, doubt.gyro_bias);
  heading_known_ = false;
  auto& p = covariance_.matrix();
  p.setZero();
  // Where the robot starts is known by definition; its height only as well as it was guessed.
  p.diagonal().head<2>().setConstant(1e-12);
  p(2, 2) = square(options_.initial_height);
  p.diagonal().segment<3>(3).setConstant(square(doubt.velocity));
  for (int i = 0; i < nc(); ++i) {
    feet_.segment<3>(3 * i) = imu_.position + imu_.rotation * kinematics_.contact(i).position;
    covariance_.clone3(foot(i), 0, kinematic_noise(i, options_.joint_position_noise));
  }
}

void LinearKalmanFilter::predict(double dt) {
  attitude_.predict(step_gyro_, dt, gyro_valid_ ? options_.gyro_noise : options_.silent_gyro_noise);
  const Eigen::Vector3d acceleration =
      imu_.rotation * accelerometer_ - Eigen::Vector3d(0.0, 0.0, kGravity);
  imu_.position += dt * imu_.velocity + 0.5 * dt * dt * acceleration;
  imu_.velocity += dt * acceleration;
  auto& p = covariance_.matrix();
  p.topRows<3>() += dt * p.middleRows<3>(3);
  p.leftCols<3>() += dt * p.middleCols<3>(3);
  // White acceleration noise of density q, integrated exactly.
  // Tilt that the attitude filter doubts turns gravity into an acceleration that lasts.
  const double tilt = heading_known_ ? 0.0 : attitude_.covariance().diagonal().head<2>().maxCoeff();
  const double q = square(accelerometer_valid_ ? options_.acceleration_noise
                                               : options_.silent_accelerometer_noise) +
                   square(kGravity) * tilt * options_.tilt_time;
  p.diagonal().head<3>().array() += q * dt * dt * dt / 3.0;
  p.diagonal().segment<3>(3).array() += q * dt;
  for (int k = 0; k < 3; ++k) {
    p(k, 3 + k) += 0.5 * q * dt * dt;
    p(3 + k, k) += 0.5 * q * dt * dt;
  }
  for (int i = 0; i < nc(); ++i) {
    if (!standing_[i]) continue;
    feet_.segment<3>(3 * i) += dt * rolling_velocity(i);
    p.diagonal().segment<3>(foot(i)).array() += square(options_.contact_noise) * dt;
  }
  imu_.rotation = attitude_.rotation();
}

void LinearKalmanFilter::correct_attitude(double dt) {
  if (orientation_.allFinite()) {
    const Eigen::Matrix3d given = Eigen::Quaterniond(orientation_).toRotationMatrix();
    if (!heading_known_) {  // the two worlds differ by a turn about the vertical
      const Eigen::Matrix3d turn = imu_.rotation * given.transpose();
      const double yaw = std::atan2(turn(1, 0) - turn(0, 1), turn(0, 0) + turn(1, 1));
      heading_ = so3_exp(Eigen::Vector3d(0.0, 0.0, yaw));
      heading_known_ = true;
    }
    attitude_.set_rotation(heading_ * given);
  } else {
    heading_known_ = false;
    Eigen::Vector3d velocity = Eigen::Vector3d::Zero();
    double weight = 0.0;
    for (int i = 0; joints_valid_ && i < nc(); ++i) {
      if (!standing_[i]) continue;
      velocity +=
          contacts_[i].probability * (rolling_velocity(i) - imu_.rotation * contact_velocity(i));
      weight += contacts_[i].probability;
    }
    if (weight > 0.0) velocity /= weight;
    const bool gap = dt > options_.max_gap;  // velocity before and after it do not compare
    if (gap || (gyro_valid_ && accelerometer_valid_))
      attitude_.correct(accelerometer_, !gap && (weight > 0.0 || at_rest_) ? &velocity : nullptr,
                        dt);
  }
  imu_.rotation = attitude_.rotation();
  imu_.gyro_bias = attitude_.gyro_bias();
}

void LinearKalmanFilter::correct_contact(int i) {
  const Eigen::Vector3d arm = imu_.rotation * kinematics_.contact(i).position;
  const Eigen::Matrix3d identity = Eigen::Matrix3d::Identity();
  // A doubtful contact counts for less.
  const double doubt = 1.0 / square(contacts_[i].probability);
  covariance_.update3(foot(i), 0, -1, identity, arm - (feet_.segment<3>(3 * i) - imu_.position),
                      kinematic_noise(i, options_.joint_position_noise), kNoGate);
  const Eigen::Vector3d velocity =
      rolling_velocity(i) - imu_.rotation * contact_velocity(i) - imu_.velocity;
  covariance_.update3(3, -1, -1, identity, velocity,
                      kinematic_noise(i, velocity_noise_) +
                          doubt * square(options_.contact_velocity_noise) * identity,
                      kNoGate);
  if (landed_[i] && anchored_[i])
    covariance_.update1(foot(i) + 2, -1, Eigen::Vector3d::Zero(),
                        terrain_.height(i) + radius_[i] - feet_[3 * i + 2],
                        square(options_.terrain_noise), kNoGate);
}

void LinearKalmanFilter::correct_pose(const Eigen::Vector3d& /*position*/,
                                      const Eigen::Vector3d& position_error,
                                      const Eigen::Vector3d& /*rotation_error*/,
                                      double position_noise, double /*rotation_noise*/) {
  // The attitude is given, not estimated, by this filter.
  if (!std::isfinite(position_noise)) return;
  covariance_.begin();
  covariance_.update3(0, -1, -1, Eigen::Matrix3d::Identity(), position_error,
                      square(position_noise) * Eigen::Matrix3d::Identity(), kNoGate);
  apply_correction();
}

void LinearKalmanFilter::correct(double dt) {
  correct_attitude(dt);
  covariance_.begin();
  if (joints_valid_) {
    // A swinging foot is where the kinematics says; standing begins from there.
    for (int i = 0; i < nc(); ++i)
      if (!standing_[i] || landed_[i]) {
        feet_.segment<3>(3 * i) = imu_.position + imu_.rotation * kinematics_.contact(i).position;
        covariance_.clone3(foot(i), 0, kinematic_noise(i, options_.joint_position_noise));
      }
    for (int i = 0; i < nc(); ++i)
      if (standing_[i]) correct_contact(i);
  }
  if (at_rest_)
    covariance_.update3(3, -1, -1, Eigen::Matrix3d::Identity(), -imu_.velocity,
                        square(options_.contact_velocity_noise) * Eigen::Matrix3d::Identity(),
                        kNoGate);
  apply_correction();
}

void LinearKalmanFilter::apply_correction() {
  const Eigen::VectorXd& correction = covariance_.correction();
  imu_.position += correction.head<3>();
  imu_.velocity += correction.segment<3>(3);
  feet_ += correction.tail(3 * nc());
  covariance_.symmetrize();
}

}  // namespace surefoot
