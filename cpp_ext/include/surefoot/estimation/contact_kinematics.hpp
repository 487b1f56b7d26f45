#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/robot_description.hpp"

namespace surefoot {

/// Pose and motion of a frame relative to the IMU, in IMU axes, from joint measurements alone.
struct SUREFOOT_API RelativeFrame {
  Eigen::Vector3d position = Eigen::Vector3d::Zero();
  Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();
  Eigen::Vector3d velocity = Eigen::Vector3d::Zero();          ///< as seen from the IMU
  Eigen::Vector3d angular_velocity = Eigen::Vector3d::Zero();  ///< as seen from the IMU
  std::vector<int> joints;                                     ///< between the IMU and the frame
  std::vector<double> signs;  ///< +1 towards the frame, -1 towards the IMU
  Eigen::Matrix<double, 3, Eigen::Dynamic> linear_jacobian;  ///< one column per entry of joints
  Eigen::Matrix<double, 3, Eigen::Dynamic> angular_jacobian;

  /// Covariance of the position (of the velocity, to first order) from the standard deviation of
  /// each joint's position (velocity); IMU axes.
  Eigen::Matrix3d position_noise(double joint_deviation) const;
  /// Likewise of the rotation vector.
  Eigen::Matrix3d rotation_noise(double joint_deviation) const;
};

/// Where contacts and base are as seen from the IMU, by one forward sweep over the joints that
/// matter. The IMU may sit on any body: joints that carry both IMU and frame cancel.
class SUREFOOT_API ContactKinematics {
 public:
  ContactKinematics(const RobotDescription& description, int imu_joint,
                    const Eigen::Matrix3d& imu_rotation, const Eigen::Vector3d& imu_translation);

  void update(const Eigen::Ref<const Eigen::VectorXd>& joint_position,
              const Eigen::Ref<const Eigen::VectorXd>& joint_velocity);

  /// A joint now, in base axes.
  struct JointFrame {
    int parent;
    bool prismatic;
    Eigen::Matrix3d rotation;
    Eigen::Vector3d position, world_axis;
  };

  int nc() const { return static_cast<int>(contacts_.size()); }
  int nj() const { return static_cast<int>(joints_.size()); }
  const RelativeFrame& contact(int i) const { return contacts_[i]; }
  const RelativeFrame& base() const { return base_; }
  /// Valid for joints that carry a contact or the IMU and for those that hang on the former.
  const JointFrame& joint(int j) const { return joints_[j]; }
  bool carries_contact(int j) const { return joints_[j].in_limb; }  ///< or hangs on one that does
  const std::vector<int>& limb(int i) const { return limbs_[i]; }   ///< base to contact, reversed
  Eigen::Vector3d contact_in_base(int i) const;                     ///< position, base axes

 private:
  struct Joint : JointFrame {
    bool needed, in_limb;
    Eigen::Matrix3d constant, sine, versine;  ///< rotation = constant + s sine + (1 - c) versine
    Eigen::Vector3d translation, axis;
  };
  struct Mount {
    int joint;
    Eigen::Matrix3d rotation;
    Eigen::Vector3d translation;
  };
  void connect(RelativeFrame& frame, int joint);
  void place(RelativeFrame& frame, const Mount& mount, const Eigen::Matrix3d& imu_rotation,
             const Eigen::Vector3d& imu_position,
             const Eigen::Ref<const Eigen::VectorXd>& joint_velocity) const;
  void locate(const Mount& mount, Eigen::Matrix3d& rotation, Eigen::Vector3d& position) const;

  std::vector<Joint> joints_;
  std::vector<Mount> mounts_;
  Mount imu_, base_mount_;
  std::vector<RelativeFrame> contacts_;
  std::vector<std::vector<int>> limbs_;
  RelativeFrame base_;
};

}  // namespace surefoot
