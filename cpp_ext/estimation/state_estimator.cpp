#include "surefoot/estimation/state_estimator.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "estimation/so3.hpp"

namespace surefoot {
namespace {

constexpr double kGravity = 9.81;

}  // namespace

StateEstimator::StateEstimator(const RobotDescription& description,
                               const ContactKinematics& kinematics, const EstimatorOptions& options)
    : options_(options),
      kinematics_(kinematics),
      contacts_(kinematics.nc(), options.contact),
      terrain_(static_cast<std::size_t>(kinematics.nc()), 0.0),
      touched_(static_cast<std::size_t>(kinematics.nc()), false),
      joint_position_(Eigen::VectorXd::Zero(kinematics.nj())),
      joint_velocity_(Eigen::VectorXd::Zero(kinematics.nj())),
      q_(Eigen::VectorXd::Zero(7 + kinematics.nj())),
      v_(Eigen::VectorXd::Zero(6 + kinematics.nj())) {
  for (const auto& contact : description.contacts) {
    const bool surface = contact.kind == ContactKind::kSurface;
    surface_.push_back(surface);
    radius_.push_back(surface ? 0.0 : contact.radius);
  }
}

void StateEstimator::reset(const SensorSample& sample, double base_height, double yaw, double x,
                           double y) {
  read(sample);
  if (!imu_valid_ || !joints_valid_ || !std::isfinite(sample.time))
    throw std::invalid_argument("the first sensor sample is not finite");
  if (!(std::abs(accelerometer_.norm() - kGravity) < options_.rest_accelerometer) ||
      !(gyro_.norm() < options_.rest_gyro))
    throw std::invalid_argument("the robot moves (gyro, accelerometer): start at rest");
  contacts_.reset();
  std::fill(touched_.begin(), touched_.end(), false);
  time_ = sample.time;
  yaw_ = yaw, base_height_ = base_height, x_ = x, y_ = y;
  rest_time_ = silent_time_ = 0.0;
  at_rest_ = true;
  begin_rest();
  status_ = EstimatorStatus::kInitializing;
  average_rest();
  judge_contacts(sample, 0.0);
  output();
}

void StateEstimator::read(const SensorSample& sample) {
  imu_valid_ = sample.gyro.allFinite() && sample.accelerometer.allFinite();
  if (imu_valid_) {  // otherwise the last good sample is held
    gyro_ = sample.gyro;
    accelerometer_ = sample.accelerometer;
  }
  joints_valid_ = sample.joint_position.allFinite() && sample.joint_velocity.allFinite();
  if (joints_valid_) {
    joint_position_ = sample.joint_position;
    joint_velocity_ = sample.joint_velocity;
    kinematics_.update(joint_position_, joint_velocity_);
  }
  orientation_ = sample.orientation;
  if (!orientation_.allFinite() || !(std::abs(orientation_.norm() - 1.0) < 0.1))
    orientation_.setConstant(NAN);
  else
    orientation_.normalize();
}

bool StateEstimator::quiet() const {
  return angular_velocity().norm() < options_.rest_gyro &&
         std::abs(accelerometer_.norm() - kGravity) < options_.rest_accelerometer;
}

void StateEstimator::begin_rest() {
  started_ = time_;
  rest_samples_ = 0;
  mean_gyro_.setZero();
  mean_accelerometer_.setZero();
}

void StateEstimator::average_rest() {
  ++rest_samples_;
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
  std::fill(terrain_.begin(), terrain_.end(), std::isfinite(lowest) ? z + lowest : 0.0);
  initialize();
}

Eigen::Vector3d StateEstimator::contact_velocity(int i) const {
  const RelativeFrame& contact = kinematics_.contact(i);
  return angular_velocity().cross(contact.position) + contact.velocity;
}

Eigen::Vector3d StateEstimator::rolling_velocity(int i) const {
  if (!(radius_[i] > 0.0)) return Eigen::Vector3d::Zero();
  const Eigen::Vector3d spin =
      imu_.rotation * (angular_velocity() + kinematics_.contact(i).angular_velocity);
  return radius_[i] * Eigen::Vector3d(spin.y(), -spin.x(), 0.0);  // spin x (radius e_z)
}

double StateEstimator::torque_force(int contact, const Eigen::VectorXd& torque) const {
  // Quasi-static leg: J^T f = -torque in the least-squares sense.
  const RelativeFrame& frame = kinematics_.contact(contact);
  Eigen::Matrix3d gram = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  for (std::size_t k = 0; k < frame.joints.size(); ++k) {
    const Eigen::Vector3d column = frame.linear_jacobian.col(static_cast<Eigen::Index>(k));
    gram += column * column.transpose();
    right -= torque[frame.joints[k]] * column;
  }
  // Slight damping: a stretched leg must not turn torque noise into force.
  gram.diagonal().array() += 1e-3 * gram.trace() + 1e-12;
  return imu_.rotation.row(2).dot(gram.ldlt().solve(right));
}

void StateEstimator::judge_contacts(const SensorSample& sample, double dt) {
  for (int i = 0; i < nc(); ++i) {
    ContactEvidence evidence{NAN, NAN, NAN, NAN, NAN};
    if (sample.planned_contact.size() > 0) evidence.plan = sample.planned_contact[i];
    if (sample.foot_force.size() > 0) evidence.measured_force = sample.foot_force[i];
    if (joints_valid_) {
      if (sample.joint_torque.size() > 0 && sample.joint_torque.allFinite())
        evidence.torque_force = torque_force(i, sample.joint_torque);
      const Eigen::Vector3d velocity =
          imu_.velocity + imu_.rotation * contact_velocity(i) - rolling_velocity(i);
      evidence.speed = velocity.norm();
      if (touched_[i])
        evidence.height = imu_.position.z() +
                          imu_.rotation.row(2).dot(kinematics_.contact(i).position) - radius_[i] -
                          terrain_[i];
    }
    contacts_.update(i, evidence, dt);
  }
}

void StateEstimator::remember_terrain() {
  for (int i = 0; i < nc(); ++i) {
    if (!contacts_[i].touchdown) continue;
    if (touched_[i]) {
      const double height = imu_.position.z() +
                            imu_.rotation.row(2).dot(kinematics_.contact(i).position) - radius_[i];
      double nearest = height, distance = options_.terrain_step;
      for (int k = 0; k < nc(); ++k)
        if (touched_[k] && std::abs(terrain_[k] - height) < distance) {
          distance = std::abs(terrain_[k] - height);
          nearest = terrain_[k];
        }
      terrain_[i] = nearest;
    }
    touched_[i] = true;
  }
}

void StateEstimator::update(const SensorSample& sample) {
  const double dt = sample.time - time_;
  if (!(dt > 0.0)) {  // also a NaN time; the state stays
    status_ = EstimatorStatus::kDegraded;
    return;
  }
  time_ = sample.time;
  read(sample);
  silent_time_ = imu_valid_ ? 0.0 : silent_time_ + dt;
  if (status_ == EstimatorStatus::kInitializing && imu_valid_ && joints_valid_) {
    // A gyro bias taken from a robot that moves would be worse than none: motion starts the
    // averaging anew.
    const bool moves = !quiet() || gyro_.norm() > options_.rest_gyro;
    if (moves || time_ - started_ < options_.initialization_time) {
      if (moves) begin_rest();
      average_rest();
      judge_contacts(sample, dt);
      output();
      return;
    }
    status_ = EstimatorStatus::kOk;
  }
  predict(dt);
  judge_contacts(sample, dt);
  remember_terrain();
  rest_time_ = quiet() && imu_valid_ ? rest_time_ + dt : 0.0;
  at_rest_ = contacts_.count() == 0 && rest_time_ > options_.initialization_time;
  correct(dt);
  if (status_ != EstimatorStatus::kInitializing)
    status_ = imu_valid_ && joints_valid_ && dt <= options_.max_gap ? EstimatorStatus::kOk
                                                                    : EstimatorStatus::kDegraded;
  output();
}

void StateEstimator::output() {
  const RelativeFrame& base = kinematics_.base();
  const Eigen::Vector3d omega = angular_velocity();
  const Eigen::Matrix3d to_base = base.rotation.transpose();
  const Eigen::Vector3d velocity =
      imu_.rotation.transpose() * imu_.velocity + omega.cross(base.position) + base.velocity;
  q_.head<3>() = imu_.position + imu_.rotation * base.position;
  q_.segment<4>(3) = Eigen::Quaterniond(imu_.rotation * base.rotation).normalized().coeffs();
  q_.tail(nj()) = joint_position_;
  v_.head<3>() = to_base * velocity;
  v_.segment<3>(3) = to_base * (omega + base.angular_velocity);
  v_.tail(nj()) = joint_velocity_;
}

}  // namespace surefoot
