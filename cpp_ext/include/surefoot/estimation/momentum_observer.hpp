#pragma once
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <vector>

#include "surefoot/estimation/contact_kinematics.hpp"
#include "surefoot/robot_description.hpp"

namespace surefoot {

/// Motion of the floating base as an IMU on it measures it, in base axes.
struct SUREFOOT_API FloatingBaseMotion {
  Eigen::Vector3d angular_velocity = Eigen::Vector3d::Zero();
  Eigen::Vector3d specific_force = Eigen::Vector3d::Zero();  ///< acceleration minus gravity
};

/// Contact forces from joint torques: the generalized-momentum observer of every limb that ends in
/// a contact, on a base whose motion the IMU measures. Momentum that the joint torques do not
/// explain is due to the contact.
///
/// With the base's motion given, a limb's joints obey M ddq + h = tau + J^T f, where h holds the
/// base's specific force and rotation. The observer r = K (M dq - integral of tau - h + dM/dt dq +
/// r) is a first-order low-pass, of time constant 1 / K, of M ddq + h - tau; so one recursive
/// Newton-Euler sweep on differences of velocity, low-passed, is all that it takes. Noise of the
/// velocities is low-passed, never differentiated on its own.
/// De Luca and Mattone, ICRA 2005; Bledt et al., "Contact model fusion for event-based locomotion
/// in unstructured terrains", ICRA 2018.
class SUREFOOT_API MomentumObserver {
 public:
  /// `time`: time constant of the observer, s.
  MomentumObserver(const RobotDescription& description, const ContactKinematics& kinematics,
                   double time);

  void reset();
  /// `kinematics` must be up to date. A torque that is not finite lets the observer start anew.
  void update(const ContactKinematics& kinematics, const FloatingBaseMotion& base,
              const Eigen::VectorXd& joint_velocity, const Eigen::VectorXd& joint_torque,
              double dt);

  /// Whether two samples in a row were seen, so that forces mean something.
  bool ready() const { return ready_; }
  /// (nj,) N m by contact; zero for joints that lead to no contact.
  const Eigen::VectorXd& torque() const { return torque_; }
  /// Force of a contact on the robot, base axes, N: the least that explains the limb's torques
  /// (with a moment for a surface contact), slightly damped near stretched legs.
  Eigen::Vector3d force(const ContactKinematics& kinematics, int contact) const;

 private:
  struct Body {
    double mass, armature;
    Eigen::Vector3d com;            ///< in the joint's frame
    Eigen::Matrix3d inertia;        ///< about com, joint axes
    Eigen::Vector3d velocity;       ///< angular, base axes
    Eigen::Vector3d turning;        ///< angular acceleration
    Eigen::Vector3d acceleration;   ///< of the joint's origin, minus gravity
    Eigen::Vector3d force, moment;  ///< through the joint, moment about its origin
  };
  /// Force of a contact that passes kSize force components: 3 of a point, 6 of a surface.
  template <int kSize>
  Eigen::Vector3d force_of(const ContactKinematics& kinematics, int contact) const;
  void sweep(const ContactKinematics& kinematics, const FloatingBaseMotion& base,
             const Eigen::Vector3d& turning, const Eigen::VectorXd& joint_velocity, double dt);

  double time_;
  std::vector<int> joints_;  ///< that lead to a contact or hang on one that does, parents first
  std::vector<Body> bodies_;
  std::vector<bool> surface_;
  Eigen::VectorXd torque_, needed_, last_velocity_;
  Eigen::Vector3d last_angular_velocity_;
  bool primed_ = false, ready_ = false;
};

}  // namespace surefoot
