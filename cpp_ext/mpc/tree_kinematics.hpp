#pragma once
#include <Eigen/Core>
#include <vector>

#include "mpc/so3.hpp"
#include "surefoot/robot_description.hpp"

namespace surefoot::mpc {

using Vector6d = Eigen::Matrix<double, 6, 1>;

/// The robot with every joint outside `joints` frozen at its `posture` and merged into its parent.
/// @param joints indices of the joints that remain, ascending
/// @param posture (description.nj()) joint positions
SUREFOOT_API RobotDescription reduce(const RobotDescription& description,
                                     const std::vector<int>& joints,
                                     const Eigen::VectorXd& posture);

/// Terms of one joint and of the body that it carries. Vectors are in world axes, spatial
/// quantities about the base frame's origin.
struct JointTerms {
  Matrix3d rotation;
  Vector3d origin, axis, linear;  ///< spatial axis S = (linear, axis); axis = 0 if prismatic
  double mass;                    ///< of the subtree
  Vector3d moment;                ///< mass times centre of mass, of the subtree
  Matrix3d inertia;               ///< of the subtree
  Vector3d body_moment;
  Matrix3d body_inertia;
  Vector3d momentum, momentum_angular;  ///< per unit joint velocity; angular about the CoM
  Vector3d velocity, angular_velocity;  ///< of the body; velocity of the point at the origin
  Vector3d sub_momentum, sub_momentum_angular;
  Vector3d velocity_rate;  ///< d(omega x com + J_com vj)/dq, omega fixed
  Vector3d omega_rate;     ///< d(omega)/dq, momentum fixed
  Vector3d omega_joint;    ///< d(omega)/d(joint velocity), momentum fixed
};

/// Terms of one contact point; its chain runs over the joints that move it.
struct PointTerms {
  Vector3d position;  ///< from the base's origin
  Vector3d arm;       ///< from the centre of mass
  Vector3d velocity;  ///< minus that of the centre of mass
  Vector3d angular_velocity;
  Matrix3d rotation;
  std::vector<Vector3d> jacobian, jacobian_angular;   ///< by chain position
  std::vector<Vector3d> velocity_rate, angular_rate;  ///< d/dq by chain position, base fixed
};

/// All terms at one base orientation, joint position, momentum and joint velocity.
struct TreeTerms {
  std::vector<JointTerms> joints;
  std::vector<PointTerms> points;
  Matrix3d base_rotation;
  Vector3d com;                       ///< from the base's origin
  Matrix3d inertia, inertia_inverse;  ///< about the centre of mass
  Vector3d omega;                     ///< of the base
  Vector3d base_velocity;             ///< of the base's origin minus that of the centre of mass
};

/// What accelerates while base and joints do not, base twist in world axes.
struct TreeDrift {
  std::vector<Vector3d> linear, angular;  ///< of every joint's body, at its origin
  Eigen::VectorXd contacts;               ///< linear, of surfaces also angular, stacked
  Vector6d momentum;  ///< rate over mass: linear, angular about the centre of mass
};

/// Kinematics, momentum and their first derivatives of a floating-base tree, by three sweeps.
///
/// With S_k the spatial axis of joint k, I_k and H_k inertia and momentum of its subtree and V_k
/// the velocity of its body: dH/dq_k = S_k x* H_k - I_k (S_k x V_k). The base's velocity follows
/// from the momentum by one 3x3 inverse (Featherstone, "Rigid Body Dynamics Algorithms", 2008;
/// Orin, Goswami, Lee, "Centroidal dynamics of a humanoid robot", 2013).
class SUREFOOT_API TreeKinematics {
 public:
  explicit TreeKinematics(const RobotDescription& description);

  int joints() const { return static_cast<int>(joints_.size()); }
  int contacts() const { return static_cast<int>(contacts_.size()); }
  double mass() const { return mass_; }
  const std::vector<int>& chain(int contact) const {
    return chains_[static_cast<std::size_t>(contact)];
  }
  const ContactDescription& contact(int i) const { return contacts_[static_cast<std::size_t>(i)]; }
  TreeTerms make_terms() const;

  /// Geometry and inertia at base orientation and joint positions.
  void positions(const Matrix3d& base_rotation, const double* q, TreeTerms& terms) const;
  /// Velocities from the centroidal momentum over mass (`r`, angular part) and joint velocities.
  void velocities(const Vector3d& r_angular, const double* joint_velocity, TreeTerms& terms) const;
  /// Derivatives with respect to joint positions and velocities, momentum held fixed.
  void derivatives(TreeTerms& terms) const;
  /// Momentum over mass (linear, angular about the CoM) of a base twist (world axes) and joints.
  Vector6d momentum_over_mass(const TreeTerms& terms, const Vector3d& base_linear,
                              const Vector3d& base_angular, const double* joint_velocity) const;
  /// The same without `positions` before it, which it costs a third of; terms: a workspace.
  Vector6d momentum_over_mass(const Matrix3d& base_rotation, const double* q,
                              const Vector3d& base_linear, const Vector3d& base_angular,
                              const double* joint_velocity, TreeTerms& terms) const;
  TreeDrift make_drift() const;
  /// After `positions` and `velocities`.
  void drift(const TreeTerms& terms, const double* joint_velocity, TreeDrift& drift) const;

 private:
  /// Rotation, origin and axis of one joint, its parent's given.
  void place(int joint_index, const Matrix3d& base_rotation, double q, TreeTerms& terms) const;

  /// What most joints allow to be computed quickly: no turn in the placement, a coordinate axis.
  struct Shortcut {
    bool turned = true;
    int axis = -1;  ///< coordinate of the axis, -1 if it is oblique or the joint prismatic
    double sign = 1.0;
  };
  BodyInertia base_;
  std::vector<JointDescription> joints_;
  std::vector<Shortcut> shortcuts_;
  std::vector<ContactDescription> contacts_;
  std::vector<std::vector<int>> chains_;
  double mass_;
};

}  // namespace surefoot::mpc
