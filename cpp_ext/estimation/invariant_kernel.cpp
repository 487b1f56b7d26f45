#include "surefoot/estimation/invariant_kernel.hpp"

#include "estimation/so3.hpp"

namespace surefoot {
namespace {

const Eigen::Vector3d kGravityVector(0.0, 0.0, -9.81);

double square(double x) { return x * x; }

int error_size(const std::vector<bool>& surface) {
  int size = 15;
  for (bool s : surface) size += s ? 6 : 3;
  return size;
}

/// Second integral of exp(t phi): the sum of phi^k / (k + 2)!.
Eigen::Matrix3d so3_second_integral(const Eigen::Vector3d& phi) {
  const double s2 = phi.squaredNorm(), s = std::sqrt(s2);
  if (s < 1e-2) return rotation_series(phi, 0.5, 1.0 / 6.0 - s2 / 120.0, 1.0 / 24.0 - s2 / 720.0);
  return rotation_series(phi, 0.5, (s - std::sin(s)) / (s2 * s),
                         (0.5 * s2 - 1.0 + std::cos(s)) / (s2 * s2));
}

}  // namespace

InvariantKernel::InvariantKernel(const std::vector<bool>& surface)
    : contact_position_(Eigen::VectorXd::Zero(3 * static_cast<Eigen::Index>(surface.size()))),
      contact_rotation_(surface.size(), Eigen::Matrix3d::Identity()),
      placed_(surface.size(), false),
      covariance_(error_size(surface)),
      noise_map_(error_size(surface), 3) {
  int index = 15;
  for (bool s : surface) {
    position_index_.push_back(index);
    rotation_index_.push_back(s ? index + 3 : -1);
    index += s ? 6 : 3;
  }
}

void InvariantKernel::predict(const Eigen::Vector3d& gyro, const Eigen::Vector3d& accelerometer,
                              double dt, const ProcessNoise& noise,
                              const Eigen::VectorXd& contact_noise,
                              const Eigen::VectorXd& turn_noise, const Eigen::VectorXd& twist_noise,
                              bool exact) {
  const Eigen::Vector3d omega = gyro - imu_.gyro_bias;
  const Eigen::Vector3d force = accelerometer - imu_.accelerometer_bias;
  const Eigen::Matrix3d r = imu_.rotation;
  Eigen::Matrix3d r1 = dt * r, r2 = 0.5 * dt * dt * r;
  if (exact) {
    r1 = dt * (r * so3_left_jacobian(omega * dt));
    r2 = dt * dt * (r * so3_second_integral(omega * dt));
  }
  const Eigen::Vector3d velocity = imu_.velocity + r1 * force + dt * kGravityVector;
  const Eigen::Vector3d position =
      imu_.position + dt * imu_.velocity + r2 * force + 0.5 * dt * dt * kGravityVector;
  auto& p = covariance_.matrix();

  // Noise enters before the transition; the gyro's reaches every vector of the group.
  noise_map_.setZero();
  noise_map_.middleRows<3>(kRotation).setIdentity();
  noise_map_.middleRows<3>(kVelocity) = skew(imu_.velocity);
  noise_map_.middleRows<3>(kPosition) = skew(imu_.position);
  for (int i = 0; i < nc(); ++i) {
    if (!placed_[i]) continue;
    noise_map_.middleRows<3>(position_index_[i]) = skew(contact_position_.segment<3>(3 * i));
    p.diagonal().segment<3>(position_index_[i]).array() += square(contact_noise[i]) * dt;
    if (rotation_index_[i] < 0) continue;
    const Eigen::Vector3d normal = contact_rotation_[i].col(2);
    auto turning = p.block<3, 3>(rotation_index_[i], rotation_index_[i]);
    turning.diagonal().array() += square(turn_noise[i]) * dt;
    turning += (square(twist_noise[i]) - square(turn_noise[i])) * dt * normal * normal.transpose();
  }
  noise_map_ *= noise.gyro * std::sqrt(dt);
  covariance_.add_rank3(noise_map_, 1.0);
  p.diagonal().segment<3>(kVelocity).array() += square(noise.accelerometer) * dt;
  p.diagonal().segment<3>(kGyroBias).array() += square(noise.gyro_bias) * dt;
  p.diagonal().segment<3>(kAccelerometerBias).array() += square(noise.accelerometer_bias) * dt;

  // Transition. How a gyro bias reaches v and p is an integral over the step; by parts it is the
  // lever at the end of the step plus terms in the specific force, here to second order.
  const Eigen::Matrix3d force_cross = skew(force);
  const Eigen::Matrix3d turning = skew(omega.cross(force)) + 0.5 * force_cross * skew(omega);
  const Eigen::Matrix3d gravity = dt * skew(kGravityVector);
  Eigen::Matrix3d velocity_bias =
      -skew(velocity) * r1 + r * (0.5 * dt * dt * force_cross + dt * dt * dt / 3.0 * turning);
  Eigen::Matrix3d position_bias = -skew(position) * r1 + r * (dt * dt * dt / 6.0 * force_cross +
                                                              dt * dt * dt * dt / 12.0 * turning);
  Eigen::Matrix3d position_rotation = 0.5 * dt * gravity, position_force = r2;
  if (!exact) {
    velocity_bias = -skew(imu_.velocity) * r1;
    position_bias = -skew(imu_.position) * r1;
    position_rotation.setZero();
    position_force.setZero();
  }
  // F P F' = ((P F')' F')', and P is symmetric: the same columns twice.
  const auto transition = [&] {
    covariance_.add_columns(kPosition, kVelocity, dt * Eigen::Matrix3d::Identity());
    covariance_.add_columns(kPosition, kRotation, position_rotation);
    covariance_.add_columns(kPosition, kGyroBias, position_bias);
    covariance_.add_columns(kPosition, kAccelerometerBias, -position_force);
    covariance_.add_columns(kVelocity, kRotation, gravity);
    covariance_.add_columns(kVelocity, kGyroBias, velocity_bias);
    covariance_.add_columns(kVelocity, kAccelerometerBias, -r1);
    covariance_.add_columns(kRotation, kGyroBias, -r1);
    for (int i = 0; i < nc(); ++i)
      if (placed_[i])
        covariance_.add_columns(position_index_[i], kGyroBias,
                                -skew(contact_position_.segment<3>(3 * i)) * r1);
  };
  transition();
  p.transposeInPlace();
  transition();

  imu_.rotation = r * so3_exp(omega * dt);
  so3_normalize(imu_.rotation);
  imu_.velocity = velocity;
  imu_.position = position;
}

void InvariantKernel::place(int contact, const Eigen::Vector3d& position,
                            const Eigen::Matrix3d& position_noise, const Eigen::Matrix3d& rotation,
                            const Eigen::Matrix3d& rotation_noise) {
  const Eigen::Matrix3d& r = imu_.rotation;
  contact_position_.segment<3>(3 * contact) = imu_.position + r * position;
  covariance_.clone3(position_index_[contact], kPosition, r * position_noise * r.transpose());
  if (rotation_index_[contact] >= 0) {
    contact_rotation_[contact] = r * rotation;
    covariance_.clone3(rotation_index_[contact], kRotation, r * rotation_noise * r.transpose());
  }
  placed_[contact] = true;
}

void InvariantKernel::forget(int contact) {
  covariance_.reset3(position_index_[contact], 0.0);
  if (rotation_index_[contact] >= 0) covariance_.reset3(rotation_index_[contact], 0.0);
  placed_[contact] = false;
}

bool InvariantKernel::correct_position(int contact, const Eigen::Vector3d& position,
                                       const Eigen::Matrix3d& noise, double gate) {
  const Eigen::Matrix3d& r = imu_.rotation;
  const Eigen::Vector3d residual =
      r * position - (contact_position_.segment<3>(3 * contact) - imu_.position);
  return covariance_.update3(position_index_[contact], kPosition, -1, Eigen::Matrix3d::Identity(),
                             residual, r * noise * r.transpose(), gate);
}

bool InvariantKernel::correct_rotation(int contact, const Eigen::Matrix3d& rotation,
                                       const Eigen::Matrix3d& noise, double gate) {
  const Eigen::Matrix3d& r = imu_.rotation;
  const Eigen::Vector3d residual = so3_log(r * rotation * contact_rotation_[contact].transpose());
  return covariance_.update3(rotation_index_[contact], kRotation, -1, Eigen::Matrix3d::Identity(),
                             residual, r * noise * r.transpose(), gate);
}

bool InvariantKernel::correct_velocity(const Eigen::Vector3d& position,
                                       const Eigen::Vector3d& velocity, const Eigen::Vector3d& gyro,
                                       const Eigen::Vector3d& world_velocity,
                                       const Eigen::Matrix3d& noise, double gate) {
  const Eigen::Matrix3d& r = imu_.rotation;
  const Eigen::Vector3d moving = (gyro - imu_.gyro_bias).cross(position) + velocity;
  return covariance_.update3(kVelocity, -1, kGyroBias, r * skew(position),
                             world_velocity - imu_.velocity - r * moving, r * noise * r.transpose(),
                             gate);
}

bool InvariantKernel::correct_height(int contact, double height, double variance, double gate) {
  // e_z . d: the rotation error swings the contact about the world's origin.
  const Eigen::Vector3d d = contact_position_.segment<3>(3 * contact);
  const Eigen::Vector3d lever(d.y(), -d.x(), 0.0);
  return covariance_.update1(position_index_[contact] + 2, kRotation, lever, height - d.z(),
                             variance, gate);
}

Innovation InvariantKernel::height_innovation(int contact, double height) const {
  const Eigen::Vector3d d = contact_position_.segment<3>(3 * contact);
  const Eigen::Vector3d lever(d.y(), -d.x(), 0.0);
  return covariance_.innovation1(position_index_[contact] + 2, kRotation, lever, height - d.z());
}

void InvariantKernel::finish() {
  const Eigen::VectorXd& e = covariance_.correction();
  const Eigen::Vector3d phi = e.segment<3>(kRotation);
  const Eigen::Matrix3d turn = so3_exp(phi), jacobian = so3_left_jacobian(phi);
  imu_.rotation = turn * imu_.rotation;
  so3_normalize(imu_.rotation);
  imu_.velocity = turn * imu_.velocity + jacobian * e.segment<3>(kVelocity);
  imu_.position = turn * imu_.position + jacobian * e.segment<3>(kPosition);
  imu_.gyro_bias += e.segment<3>(kGyroBias);
  imu_.accelerometer_bias += e.segment<3>(kAccelerometerBias);
  for (int i = 0; i < nc(); ++i) {
    if (!placed_[i]) continue;
    const Eigen::Vector3d d = contact_position_.segment<3>(3 * i);
    contact_position_.segment<3>(3 * i) = turn * d + jacobian * e.segment<3>(position_index_[i]);
    if (rotation_index_[i] >= 0)
      contact_rotation_[i] = so3_exp(e.segment<3>(rotation_index_[i])) * contact_rotation_[i];
  }
  covariance_.symmetrize();
}

}  // namespace surefoot
