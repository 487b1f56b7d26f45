#pragma once
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Geometry>
#include <vector>

#include "surefoot/rigid_body.hpp"
#include "surefoot/wbc/tick.hpp"

namespace surefoot {

/// A value in [0, 1] and its derivatives with respect to the fraction of the motion's duration.
struct SmoothStep {
  double value, slope, curvature;
};

/// Quintic from 0 to 1 with zero velocity and acceleration at both ends; `fraction` is clipped.
SUREFOOT_API SmoothStep smooth_step(double fraction);

/// Joint-space motion from one posture to another, smooth, for the motors' own PD loops.
class SUREFOOT_API JointMotion {
 public:
  explicit JointMotion(int nj) : start_(Eigen::VectorXd::Zero(nj)), end_(start_) {}

  void begin(double time, const Eigen::Ref<const Eigen::VectorXd>& start,
             const Eigen::Ref<const Eigen::VectorXd>& end, double duration);
  double end_time() const { return time_ + duration_; }
  /// s that a joint needs for a way (rad) if it is to move no faster than `speed` (rad/s).
  static double duration(double way, double speed) { return kPeakSlope * way / speed; }
  /// Positions (nj), rad, and velocities (nj), rad/s, at `time`.
  void sample(double time, Eigen::VectorXd& position, Eigen::VectorXd& velocity) const;

 private:
  static constexpr double kPeakSlope = 1.875;  ///< of `smooth_step`, at its middle
  double time_ = 0.0, duration_ = 1.0;
  Eigen::VectorXd start_, end_;
};

/// Moves the base on a straight, smooth path while every contact stays where it is: rising,
/// standing, sitting down. It ends level and centred over its contacts as in the nominal posture.
/// The joints' reference goes from one posture to another with the same timing; the whole-body
/// controller reconciles it with the contacts.
class SUREFOOT_API FixedContactMotion {
 public:
  /// q_nominal (nq): standing.
  FixedContactMotion(const RobotDescription& description, const Eigen::VectorXd& q_nominal);

  /// From q (nq) at `time` to the joints `posture` (nj) and the base at `height` (m) above the
  /// mean ground height under its contacts, in `duration` seconds.
  void begin(double time, const Eigen::VectorXd& q,
             const Eigen::Ref<const Eigen::VectorXd>& posture, double height, double duration);
  double end_time() const { return time_ + duration_; }
  /// The reference at `time`; every contact carries force.
  void sample(double time, Reference& reference) const;
  /// Sets the reference's joint velocities to those that keep the contacts where they are while
  /// the base of the robot at q (nq) moves with the reference's velocity.
  void match_joints(const Eigen::VectorXd& q, Reference& reference);

 private:
  struct Pose {
    Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();
    Eigen::Vector3d position = Eigen::Vector3d::Zero();
  };
  Pose nominal_pose(const Eigen::Matrix3d& rotation, double height) const;

  int nc_, nj_;
  double mass_, nominal_height_;
  RigidBody body_;
  Eigen::VectorXd rest_;                              ///< (nv) zero
  Eigen::Matrix<double, 3, Eigen::Dynamic> nominal_;  ///< contacts about the nominal base
  Eigen::Vector3d nominal_offset_;                    ///< from their mean to the base
  double time_ = 0.0, duration_ = 1.0;
  Pose start_, end_;
  Eigen::VectorXd joint_start_, joint_end_;
  Eigen::Matrix<double, 3, Eigen::Dynamic> feet_;
  Eigen::Matrix<double, 4, Eigen::Dynamic> feet_orientation_;
  std::vector<int> sizes_;  ///< rows of each contact
  Eigen::MatrixXd gram_;    ///< (nj, nj) of the contacts' Jacobian
  Eigen::VectorXd joint_velocity_;
  Eigen::LDLT<Eigen::MatrixXd> factor_;
};

}  // namespace surefoot
