#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/estimation/error_covariance.hpp"
#include "surefoot/estimation/state_estimator.hpp"

namespace surefoot {

/// Densities of the noises that drive an `InvariantKernel`.
struct SUREFOOT_API ProcessNoise {
  double gyro = 0.0, accelerometer = 0.0, gyro_bias = 0.0, accelerometer_bias = 0.0;
};

/// The mathematics of the contact-aided right-invariant Kalman filter, free of any robot.
///
/// State: attitude R, velocity v, position p of the IMU in the world, gyro and accelerometer bias,
/// position d_i of every contact (and orientation R_i of a surface contact). Error state, in the
/// order of the covariance: [rotation, velocity, position, gyro bias, accelerometer bias,
/// contact 0, contact 1, ...], three numbers each, a surface contact six (position, rotation),
/// where true R = exp(e_R) R, true x = exp(e_R) x + J(e_R) e_x for x in {v, p, d_i} (the group
/// SE_k(3)), and true R_i = exp(e_i) R_i.
/// Hartley et al., "Contact-aided invariant extended Kalman filtering for robot state
/// estimation", IJRR 2020.
class SUREFOOT_API InvariantKernel {
 public:
  enum Index {
    kRotation = 0,
    kVelocity = 3,
    kPosition = 6,
    kGyroBias = 9,
    kAccelerometerBias = 12
  };

  explicit InvariantKernel(const std::vector<bool>& surface);

  int nc() const { return static_cast<int>(position_index_.size()); }
  ImuState& imu() { return imu_; }
  const ImuState& imu() const { return imu_; }
  ErrorCovariance& covariance() { return covariance_; }
  const ErrorCovariance& covariance() const { return covariance_; }
  const Eigen::VectorXd& contact_positions() const { return contact_position_; }
  Eigen::VectorXd& contact_positions() { return contact_position_; }
  const Eigen::Matrix3d& contact_rotation(int contact) const { return contact_rotation_[contact]; }
  int position_index(int contact) const { return position_index_[contact]; }
  int rotation_index(int contact) const { return rotation_index_[contact]; }  ///< -1: point
  bool placed(int contact) const { return placed_[contact]; }

  /// Strapdown integration over dt with constant gyro and accelerometer.
  /// `contact_noise`, `turn_noise`, `twist_noise` (nc,): densities of each placed contact's wander,
  /// m/s/sqrt(Hz), and of a surface's turning across and about its normal, rad/s/sqrt(Hz).
  /// `exact`: integrals over the step as they are; otherwise to first order in dt, as in the
  /// authors' own code.
  void predict(const Eigen::Vector3d& gyro, const Eigen::Vector3d& accelerometer, double dt,
               const ProcessNoise& noise, const Eigen::VectorXd& contact_noise,
               const Eigen::VectorXd& turn_noise, const Eigen::VectorXd& twist_noise,
               bool exact = true);

  /// Puts a contact where the kinematics says: position and rotation in the IMU frame, and the
  /// covariance of each in that frame.
  void place(int contact, const Eigen::Vector3d& position, const Eigen::Matrix3d& position_noise,
             const Eigen::Matrix3d& rotation, const Eigen::Matrix3d& rotation_noise);
  /// Marginalises a contact.
  void forget(int contact);
  /// Lets a contact's position wander by the covariance `noise`, m^2, world axes.
  void loosen(int contact, const Eigen::Matrix3d& noise) {
    covariance_.matrix().block<3, 3>(position_index_[contact], position_index_[contact]) += noise;
  }

  /// Corrections between `begin` and `finish` share one linearisation (a stacked update).
  void begin() { covariance_.begin(); }
  bool correct_position(int contact, const Eigen::Vector3d& position, const Eigen::Matrix3d& noise,
                        double gate);
  bool correct_rotation(int contact, const Eigen::Matrix3d& rotation, const Eigen::Matrix3d& noise,
                        double gate);
  /// A point at `position` in the IMU frame, moving at `velocity` as seen from it, moves at
  /// `world_velocity` in the world. Noise in the IMU frame.
  bool correct_velocity(const Eigen::Vector3d& position, const Eigen::Vector3d& velocity,
                        const Eigen::Vector3d& gyro, const Eigen::Vector3d& world_velocity,
                        const Eigen::Matrix3d& noise, double gate);
  bool correct_height(int contact, double height, double variance, double gate);
  /// What `correct_height` without noise would find.
  Innovation height_innovation(int contact, double height) const;
  void finish();

 private:
  ImuState imu_;
  Eigen::VectorXd contact_position_;
  std::vector<Eigen::Matrix3d> contact_rotation_;
  std::vector<int> position_index_, rotation_index_;
  std::vector<bool> placed_;
  ErrorCovariance covariance_;
  Eigen::Matrix<double, Eigen::Dynamic, 3> noise_map_;
};

}  // namespace surefoot
