#pragma once
#include <vector>

#include "surefoot/estimation/ground_roughness.hpp"
#include "surefoot/estimation/invariant_kernel.hpp"
#include "surefoot/estimation/state_estimator.hpp"

namespace surefoot {

/// The default estimator: `InvariantKernel` fed by the robot's sensors.
/// Standing feet fix position (and, for surfaces, orientation) and velocity; rolling of spherical
/// feet is taken into account; remembered heights of footholds hold z; a doubtful contact and a
/// slipping foot count for less.
class SUREFOOT_API InvariantEkf : public StateEstimator {
 public:
  InvariantEkf(const RobotDescription& description, const ContactKinematics& kinematics,
               const EstimatorOptions& options);

  /// Order: see `InvariantKernel`.
  const Eigen::MatrixXd& covariance() const override { return kernel_.covariance().matrix(); }
  Eigen::Ref<const Eigen::VectorXd> footholds() const override {
    return kernel_.contact_positions();
  }
  /// Whether a standing foot was seen to slip just now.
  bool slipping(int contact) const { return slip_[contact].remaining > 0.0; }

 protected:
  void initialize() override;
  void predict(double dt) override;
  void correct(double dt) override;
  void correct_pose(const Eigen::Vector3d& position, const Eigen::Vector3d& position_error,
                    const Eigen::Vector3d& rotation_error, double position_noise,
                    double rotation_noise) override;

  double velocity_variance() const override { return covariance().diagonal().segment<3>(3).sum(); }
  double height_variance() const override;

 private:
  struct Slip {
    Eigen::Vector3d velocity;  ///< of the foot in the world, low-passed
    double remaining;          ///< s for which the foot still counts as slipping
    double suspected;          ///< s for which it has
  };
  void place(int contact);
  void correct_contact(int contact, double dt);
  void anchor(int contact, double dt);
  void watch_slip(int contact, double dt);
  double displacement(int contact) const;
  double contact_weight(int contact) const;

  InvariantKernel kernel_;
  GroundRoughness roughness_;
  std::vector<double> stood_;  ///< s since a contact came to stand
  std::vector<Slip> slip_;
  std::vector<double> half_width_;  ///< of a surface, m
  std::vector<double> reach_;       ///< m from a contact's middle to its farthest point
  Eigen::VectorXd contact_noise_, turn_noise_, twist_noise_;
};

}  // namespace surefoot
