#pragma once
#include <Eigen/Core>
#include <string>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot {

/// Mass properties of one rigid body, in the frame of the joint that carries it.
struct SUREFOOT_API BodyInertia {
  double mass = 0.0;
  Eigen::Vector3d com = Eigen::Vector3d::Zero();
  Eigen::Matrix3d inertia = Eigen::Matrix3d::Zero();  ///< about the centre of mass, kg m^2
};

enum class JointKind { kRevolute, kPrismatic };

/// One actuated joint and the body it carries. Parents come before their children.
struct SUREFOOT_API JointDescription {
  std::string name;
  JointKind kind = JointKind::kRevolute;
  int parent = -1;  ///< index of the parent joint, -1 for the floating base
  Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();  ///< joint frame in the parent joint's
  Eigen::Vector3d translation = Eigen::Vector3d::Zero();
  Eigen::Vector3d axis = Eigen::Vector3d::UnitX();  ///< unit vector in the joint frame
  BodyInertia body;
  double armature = 0.0;  ///< reflected rotor inertia, kg m^2
  double position_lower = 0.0, position_upper = 0.0, velocity_limit = 0.0, effort_limit = 0.0;
};

/// A frame fixed to a joint's body (or to the base, joint = -1).
struct SUREFOOT_API FrameDescription {
  std::string name;
  int joint = -1;
  Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();
  Eigen::Vector3d translation = Eigen::Vector3d::Zero();
};

enum class ContactKind { kPoint, kSurface };

/// A place where the robot may touch the world. A point contact is a sphere around its frame's
/// origin; a surface contact is a rectangle in its frame's xy plane, z away from the ground.
struct SUREFOOT_API ContactDescription {
  FrameDescription frame;
  ContactKind kind = ContactKind::kPoint;
  double radius = 0.0;                         ///< of a point contact's sphere, m
  double half_length = 0.0, half_width = 0.0;  ///< of a surface contact's rectangle, m
  double friction = 0.0;                       ///< coefficient the controller relies on
  double yaw_friction = 0.0;                   ///< yaw moment per normal force, m (surface)

  /// Number of force components: 3 for a point, 6 (force, then moment) for a surface.
  int size() const { return kind == ContactKind::kPoint ? 3 : 6; }
};

/// Everything the C++ side knows of a robot: a floating base and a tree of one-degree joints.
/// Configuration q = [base position (world), quaternion xyzw, joints]; velocity
/// v = [base linear (base frame), base angular (base frame), joints] (Pinocchio's order).
struct SUREFOOT_API RobotDescription {
  std::string name;
  BodyInertia base;
  std::vector<JointDescription> joints;
  std::vector<ContactDescription> contacts;
  std::vector<FrameDescription> frames;  ///< every other named frame a task may refer to

  int nj() const { return static_cast<int>(joints.size()); }
  int nq() const { return 7 + nj(); }
  int nv() const { return 6 + nj(); }
  int nc() const { return static_cast<int>(contacts.size()); }
  double mass() const;
  /// Throws std::invalid_argument naming what is wrong (parents out of order, mass <= 0, ...).
  void validate() const;
};

}  // namespace surefoot
