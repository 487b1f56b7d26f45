/// How a state estimator starts: averages at rest.
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "estimation/so3.hpp"
#include "surefoot/estimation/state_estimator.hpp"

namespace surefoot {
namespace {

constexpr double kGravity = 9.81;

}  // namespace

const char* StateEstimator::start(const SensorSample& sample, double base_height, double yaw,
                                  double x, double y) {
  last_gyro_.setConstant(NAN);
  last_accelerometer_.setConstant(NAN);
  encoders_.reset();
  history_.clear();
  stale_time_ = 0.0;
  read_imu(sample, 0.0);
  read_joints(sample, 0.0);
  if (!gyro_valid_ || !accelerometer_valid_ || !joints_valid_ || !std::isfinite(sample.time))
    return "the first sensor sample is not finite or out of range";
  if (!(std::abs(accelerometer_.norm() - kGravity) < options_.rest_accelerometer) ||
      !(gyro_.norm() < options_.rest_gyro))
    return "the robot moves (gyro, accelerometer): start at rest";
  contacts_.reset();
  momentum_.reset();
  for (auto* flags : {&standing_, &landed_, &anchored_})
    std::fill(flags->begin(), flags->end(), false);
  clock_.start(sample.time);
  yaw_ = yaw, base_height_ = base_height, x_ = x, y_ = y;
  rest_time_ = 0.0;
  at_rest_ = true;
  begin_rest();
  status_ = EstimatorStatus::kInitializing;
  average_rest();
  judge_contacts(sample, 0.0);
  output();
  begun_ = true;
  return nullptr;
}

void StateEstimator::reset(const SensorSample& sample, double base_height, double yaw, double x,
                           double y) {
  if (const char* problem = start(sample, base_height, yaw, x, y))
    throw std::invalid_argument(problem);
}

bool StateEstimator::quiet() const {
  // A bias got wrong in a tumble must not keep a robot that lies still from being seen to.
  return std::min(angular_velocity().norm(), gyro_.norm()) < options_.rest_gyro &&
         std::abs(accelerometer_.norm() - kGravity) < options_.rest_accelerometer;
}

void StateEstimator::begin_rest() {
  started_ = time();
  rest_motion_.reset();
  rest_samples_ = 0;
  mean_gyro_.setZero();
  mean_accelerometer_.setZero();
}

void StateEstimator::average_rest() {
  ++rest_samples_;
  // Feet that hold nothing tell nothing of the base's motion.
  if (joints_valid_ && !on_body_)
    rest_motion_.add(time() - started_, kinematics_, options_.joint_position_noise);
  mean_gyro_ += (gyro_ - mean_gyro_) / rest_samples_;
  mean_accelerometer_ += (accelerometer_ - mean_accelerometer_) / rest_samples_;
  const RelativeFrame& base = kinematics_.base();
  const Eigen::Vector3d up = base.rotation.transpose() * mean_accelerometer_.normalized();
  imu_ = ImuState{};
  imu_.rotation = rotation_from_up(up, yaw_) * base.rotation.transpose();
  imu_.gyro_bias = mean_gyro_;
  double lowest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < nc(); ++i)
    lowest =
        std::min(lowest, imu_.rotation.row(2).dot(kinematics_.contact(i).position) - radius_[i]);
  const Eigen::Vector3d to_base = imu_.rotation * base.position;
  double z = std::isfinite(base_height_) ? base_height_ - to_base.z() : -lowest;
  if (!std::isfinite(z)) z = -to_base.z();  // a robot without contacts
  imu_.position << x_ - to_base.x(), y_ - to_base.y(), z;
  terrain_.reset(std::isfinite(lowest) ? z + lowest : 0.0);
  initialize();
}

StateEstimator::InitialDoubt StateEstimator::initial_doubt() const {
  // What moved meanwhile may have been gained just then: an acceleration that passed for gravity.
  const double speed = rest_motion_.speed();
  return {std::hypot(options_.contact_velocity_noise, speed),
          std::hypot(options_.initial_tilt, speed / (kGravity * options_.initialization_time)),
          std::hypot(options_.initial_gyro_bias, rest_motion_.turn())};
}

}  // namespace surefoot
