#pragma once
#include "surefoot/estimation/attitude_filter.hpp"
#include "surefoot/estimation/error_covariance.hpp"
#include "surefoot/estimation/state_estimator.hpp"

namespace surefoot {

/// The classical linear Kalman filter on [p, v, feet] of the IMU in the world, with the attitude
/// given: by the IMU's own orientation where there is one, else by `AttitudeFilter`.
/// Measurements: foot position relative to the IMU, zero velocity of standing feet (rolling of a
/// spherical foot taken into account), height of footholds.
/// Bloesch et al., RSS 2012; Bledt et al., IROS 2018.
class SUREFOOT_API LinearKalmanFilter : public StateEstimator {
 public:
  LinearKalmanFilter(const RobotDescription& description, const ContactKinematics& kinematics,
                     const EstimatorOptions& options);
  void set_options(const EstimatorOptions& options) override;

  /// (6 + 3 nc) square: position, velocity, contact positions; world axes, of the IMU.
  const Eigen::MatrixXd& covariance() const override { return covariance_.matrix(); }
  Eigen::Ref<const Eigen::VectorXd> footholds() const override { return feet_; }

 protected:
  void initialize() override;
  void predict(double dt) override;
  void correct(double dt) override;
  void correct_pose(const Eigen::Vector3d& position, const Eigen::Vector3d& position_error,
                    const Eigen::Vector3d& rotation_error, double position_noise,
                    double rotation_noise) override;

  double velocity_variance() const override { return covariance().diagonal().segment<3>(3).sum(); }
  double height_variance() const override { return covariance()(2, 2); }

 private:
  static int foot(int contact) { return 6 + 3 * contact; }
  void correct_attitude(double dt);
  void correct_contact(int contact);
  void apply_correction();
  Eigen::Matrix3d kinematic_noise(int contact, double deviation) const;

  AttitudeFilter attitude_;
  ErrorCovariance covariance_;
  Eigen::VectorXd feet_;
  bool heading_known_ = false;
  Eigen::Matrix3d heading_ = Eigen::Matrix3d::Identity();  ///< world from the IMU filter's world
};

}  // namespace surefoot
