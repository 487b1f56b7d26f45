#include "surefoot/control/motions.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot {
namespace {

constexpr double kGravity = 9.81;
constexpr double kDamping = 1e-4;  // m^2, of joints that move no contact

double heading(const Eigen::Matrix3d& rotation) {
  return std::atan2(rotation(1, 0), rotation(0, 0));
}

Eigen::Matrix3d turn_about_z(double yaw) {
  return Eigen::AngleAxisd(yaw, Eigen::Vector3d::UnitZ()).toRotationMatrix();
}

Eigen::Vector3d rotation_vector(const Eigen::Matrix3d& rotation) {
  const Eigen::AngleAxisd turn(rotation);
  return turn.angle() * turn.axis();
}

}  // namespace

SmoothStep smooth_step(double fraction) {
  const double s = std::clamp(fraction, 0.0, 1.0), rest = 1.0 - s;
  return {s * s * s * (10.0 - 15.0 * s + 6.0 * s * s), 30.0 * s * s * rest * rest,
          60.0 * s * rest * (1.0 - 2.0 * s)};
}

void JointMotion::begin(double time, const Eigen::Ref<const Eigen::VectorXd>& start,
                        const Eigen::Ref<const Eigen::VectorXd>& end, double duration) {
  time_ = time;
  duration_ = duration;
  start_ = start;
  end_ = end;
}

void JointMotion::sample(double time, Eigen::VectorXd& position, Eigen::VectorXd& velocity) const {
  const SmoothStep step = smooth_step((time - time_) / duration_);
  position = start_ + step.value * (end_ - start_);
  velocity = step.slope / duration_ * (end_ - start_);
}

FixedContactMotion::FixedContactMotion(const RobotDescription& description,
                                       const Eigen::VectorXd& q_nominal)
    : nc_(description.nc()),
      nj_(description.nj()),
      mass_(description.mass()),
      nominal_height_(q_nominal[2]),
      body_(description),
      rest_(Eigen::VectorXd::Zero(description.nv())),
      nominal_(3, nc_),
      nominal_offset_(Eigen::Vector3d::Zero()),
      joint_start_(Eigen::VectorXd::Zero(nj_)),
      joint_end_(joint_start_),
      feet_(3, nc_),
      feet_orientation_(4, nc_),
      gram_(nj_, nj_),
      joint_velocity_(nj_),
      factor_(nj_) {
  for (const auto& contact : description.contacts) sizes_.push_back(contact.size());
  body_.update(q_nominal, rest_);
  for (int i = 0; i < nc_; ++i) nominal_.col(i) = body_.frame_position(i);
  if (nc_ > 0) nominal_offset_ = q_nominal.head<3>() - nominal_.rowwise().mean();
}

void FixedContactMotion::begin(double time, const Eigen::VectorXd& q,
                               const Eigen::Ref<const Eigen::VectorXd>& posture, double height,
                               double duration) {
  time_ = time;
  duration_ = duration;
  joint_start_ = q.tail(nj_);
  joint_end_ = posture;
  body_.update(q, rest_);
  for (int i = 0; i < nc_; ++i) {
    feet_.col(i) = body_.frame_position(i);
    feet_orientation_.col(i) = Eigen::Quaterniond(body_.frame_rotation(i)).coeffs();
  }
  start_.position = q.head<3>();
  start_.rotation = Eigen::Quaterniond(q[6], q[3], q[4], q[5]).normalized().toRotationMatrix();
  end_ = nc_ > 0 ? nominal_pose(start_.rotation, height) : start_;
}

FixedContactMotion::Pose FixedContactMotion::nominal_pose(const Eigen::Matrix3d& rotation,
                                                          double height) const {
  // Over the present contacts as the nominal posture stands over its own.
  double yaw = heading(rotation);
  const Eigen::Vector3d mean = feet_.rowwise().mean(), nominal_mean = nominal_.rowwise().mean();
  double cross = 0.0, dot = 0.0;
  for (int i = 0; i < nc_; ++i) {
    const Eigen::Vector3d a = turn_about_z(yaw) * (nominal_.col(i) - nominal_mean);
    const Eigen::Vector3d b = feet_.col(i) - mean;
    cross += a.x() * b.y() - a.y() * b.x();
    dot += a.x() * b.x() + a.y() * b.y();
  }
  if (nc_ > 1) yaw += std::atan2(cross, dot);
  Pose pose;
  pose.rotation = turn_about_z(yaw);
  pose.position = mean + pose.rotation * nominal_offset_;
  pose.position.z() += height - nominal_height_;
  return pose;
}

void FixedContactMotion::sample(double time, Reference& reference) const {
  SmoothStep step = smooth_step((time - time_) / duration_);
  step.slope /= duration_;
  step.curvature /= duration_ * duration_;
  const Eigen::Vector3d shift = end_.position - start_.position;
  const Eigen::Vector3d turn = rotation_vector(end_.rotation * start_.rotation.transpose());
  const double angle = step.value * turn.norm();
  const Eigen::Vector3d axis = turn.norm() > 0.0 ? Eigen::Vector3d(turn.normalized())
                                                 : Eigen::Vector3d(Eigen::Vector3d::UnitZ());
  reference.base_position = start_.position + step.value * shift;
  reference.base_orientation =
      Eigen::Quaterniond(Eigen::AngleAxisd(angle, axis).toRotationMatrix() * start_.rotation)
          .coeffs();
  reference.base_velocity << step.slope * shift, step.slope * turn;
  reference.base_acceleration << step.curvature * shift, step.curvature * turn;
  reference.joint_position = joint_start_ + step.value * (joint_end_ - joint_start_);
  reference.joint_velocity = step.slope * (joint_end_ - joint_start_);
  reference.forces.setZero();
  if (nc_ > 0)
    reference.forces.row(2).setConstant(mass_ * (kGravity + step.curvature * shift.z()) / nc_);
  reference.contact_position = feet_;
  reference.contact_velocity.setZero();
  reference.contact_acceleration.setZero();
  reference.contact_orientation = feet_orientation_;
}

void FixedContactMotion::match_joints(const Eigen::VectorXd& q, Reference& reference) {
  body_.update(q, rest_);
  const Eigen::Matrix3d to_base =
      Eigen::Quaterniond(q[6], q[3], q[4], q[5]).normalized().toRotationMatrix().transpose();
  Eigen::Matrix<double, 6, 1> base;
  base << to_base * reference.base_velocity.head<3>(), to_base * reference.base_velocity.tail<3>();
  gram_.setZero();
  gram_.diagonal().setConstant(kDamping);
  joint_velocity_.setZero();
  for (int i = 0; i < nc_; ++i) {
    const auto rows = body_.frame_jacobian(i).topRows(sizes_[static_cast<std::size_t>(i)]);
    for (int row = 0; row < rows.rows(); ++row) {
      const auto joints = rows.row(row).tail(nj_);
      gram_.noalias() += joints.transpose() * joints;
      joint_velocity_.noalias() -= joints.transpose() * rows.row(row).head<6>().dot(base);
    }
  }
  factor_.compute(gram_);
  factor_.solveInPlace(joint_velocity_);
  reference.joint_velocity = joint_velocity_;
}

}  // namespace surefoot
