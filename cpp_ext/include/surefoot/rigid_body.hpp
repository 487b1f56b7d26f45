#pragma once
#include <Eigen/Core>
#include <memory>

#include "surefoot/robot_description.hpp"

namespace surefoot {

/// Rigid-body dynamics of a floating-base tree at one state: M(q) dv + h(q, v) = S^T tau + J^T f.
/// Pinocchio computes it; this header keeps Pinocchio (and its minute of compile time) out of
/// every other translation unit. No function after construction allocates.
class SUREFOOT_API RigidBody {
 public:
  explicit RigidBody(const RobotDescription& description);
  ~RigidBody();
  RigidBody(RigidBody&&) noexcept;
  RigidBody& operator=(RigidBody&&) noexcept;

  int nq() const;
  int nv() const;
  int nc() const;
  int nframes() const;  ///< contacts first, then description.frames

  /// Computes every term below at (q, v). q's quaternion must be normalised.
  void update(const Eigen::Ref<const Eigen::VectorXd>& q,
              const Eigen::Ref<const Eigen::VectorXd>& v);

  const Eigen::MatrixXd& mass_matrix() const;   ///< (nv, nv), symmetric, armature included
  const Eigen::VectorXd& bias() const;          ///< (nv,) Coriolis, centrifugal and gravity
  const Eigen::Vector3d& com() const;           ///< world
  const Eigen::Vector3d& com_velocity() const;  ///< world
  const Eigen::Matrix<double, 6, Eigen::Dynamic>& centroidal_map() const;  ///< [linear; angular]
  const Eigen::Matrix<double, 6, 1>& centroidal_drift() const;             ///< d(A_g)/dt v
  const Eigen::Matrix<double, 6, 1>& centroidal_momentum() const;

  /// Frame quantities in world axes at the frame's origin; rows linear, then angular. Each frame
  /// is computed when first asked for after an update, so one object serves one thread.
  const Eigen::Matrix<double, 6, Eigen::Dynamic>& frame_jacobian(int frame) const;
  const Eigen::Matrix<double, 6, 1>& frame_drift(int frame) const;  ///< dJ/dt v
  const Eigen::Matrix<double, 6, 1>& frame_velocity(int frame) const;
  const Eigen::Vector3d& frame_position(int frame) const;
  const Eigen::Matrix3d& frame_rotation(int frame) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace surefoot
