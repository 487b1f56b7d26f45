#pragma once
#include <Eigen/Core>
#include <Eigen/Geometry>

#include "surefoot/rigid_body.hpp"

namespace surefoot {

class ContactSet;

/// What the whole-body controller tracks: the plan at one instant (`surefoot.data.PlanSample`).
/// World axes; contacts one a column, in the robot's order.
struct Reference {
  explicit Reference(int nj, int nc)
      : joint_position(Eigen::VectorXd::Zero(nj)),
        joint_velocity(Eigen::VectorXd::Zero(nj)),
        forces(Eigen::MatrixXd::Zero(6, nc)),
        contact_position(Eigen::MatrixXd::Zero(3, nc)),
        contact_velocity(Eigen::MatrixXd::Zero(3, nc)),
        contact_acceleration(Eigen::MatrixXd::Zero(3, nc)),
        contact_normal(Eigen::Vector3d::UnitZ().replicate(1, nc)),
        contact_orientation(Eigen::MatrixXd::Zero(4, nc)) {
    contact_orientation.row(3).setOnes();
  }

  bool all_finite() const {
    return base_position.allFinite() && base_orientation.allFinite() && base_velocity.allFinite() &&
           base_acceleration.allFinite() && joint_position.allFinite() &&
           joint_velocity.allFinite() && forces.allFinite() && contact_position.allFinite() &&
           contact_velocity.allFinite() && contact_acceleration.allFinite() &&
           contact_normal.allFinite() && contact_orientation.allFinite();
  }

  Eigen::Vector3d base_position = Eigen::Vector3d::Zero();
  Eigen::Vector4d base_orientation = Eigen::Vector4d::UnitW();  ///< quaternion xyzw
  Eigen::Matrix<double, 6, 1> base_velocity = Eigen::Matrix<double, 6, 1>::Zero();
  Eigen::Matrix<double, 6, 1> base_acceleration = Eigen::Matrix<double, 6, 1>::Zero();
  Eigen::VectorXd joint_position, joint_velocity;
  Eigen::Matrix<double, 6, Eigen::Dynamic> forces;
  Eigen::Matrix<double, 3, Eigen::Dynamic> contact_position, contact_velocity, contact_acceleration;
  Eigen::Matrix<double, 3, Eigen::Dynamic> contact_normal;       ///< of the ground, unit
  Eigen::Matrix<double, 4, Eigen::Dynamic> contact_orientation;  ///< quaternions xyzw
};

/// What a task may look at in one control tick.
struct Tick {
  const RobotDescription& description;
  const RigidBody& body;  ///< updated at (q, v)
  const Eigen::VectorXd& q;
  const Eigen::VectorXd& v;
  const Reference& reference;
  const ContactSet& contacts;
};

}  // namespace surefoot
