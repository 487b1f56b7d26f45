// Pairs of doubles do not pay for 3-vectors: a packed load of two scalars just stored has to wait
// for both. No type in this file is aligned, so its layout does not change.
#define EIGEN_DONT_VECTORIZE
#include "mpc/tree_kinematics.hpp"

#include <Eigen/LU>
#include <algorithm>

namespace surefoot::mpc {
namespace {

/// `inertia` about its centre, moved to one that is `offset` away.
Matrix3d shifted(const Matrix3d& inertia, double mass, const Vector3d& offset) {
  return inertia +
         mass * (offset.squaredNorm() * Matrix3d::Identity() - offset * offset.transpose());
}

void merge(BodyInertia& into, const BodyInertia& body, const Matrix3d& rotation,
           const Vector3d& translation) {
  const double mass = into.mass + body.mass;
  if (mass <= 0.0) return;
  const Vector3d com = rotation * body.com + translation;
  const Vector3d centre = (into.mass * into.com + body.mass * com) / mass;
  const Matrix3d turned = rotation * body.inertia * rotation.transpose();
  into.inertia = shifted(into.inertia, into.mass, into.com - centre) +
                 shifted(turned, body.mass, com - centre);
  into.com = centre;
  into.mass = mass;
}

}  // namespace

RobotDescription reduce(const RobotDescription& description, const std::vector<int>& joints,
                        const Eigen::VectorXd& posture) {
  RobotDescription reduced;
  reduced.name = description.name;
  reduced.base = description.base;
  const auto count = static_cast<std::size_t>(description.nj());
  // Where each original joint's body ended up: a joint of the reduced tree and a placement in it.
  std::vector<int> carrier(count);
  std::vector<Matrix3d> rotation(count);
  std::vector<Vector3d> translation(count);
  for (std::size_t i = 0; i < count; ++i) {
    JointDescription joint = description.joints[i];
    int parent = -1;
    Matrix3d parent_rotation = Matrix3d::Identity();
    Vector3d parent_translation = Vector3d::Zero();
    if (joint.parent >= 0) {
      const auto p = static_cast<std::size_t>(joint.parent);
      parent = carrier[p];
      parent_rotation = rotation[p];
      parent_translation = translation[p];
    }
    joint.translation = parent_rotation * joint.translation + parent_translation;
    joint.rotation = parent_rotation * joint.rotation;
    if (std::find(joints.begin(), joints.end(), static_cast<int>(i)) != joints.end()) {
      joint.parent = parent;
      carrier[i] = reduced.nj();
      rotation[i].setIdentity();
      translation[i].setZero();
      reduced.joints.push_back(joint);
      continue;
    }
    const double value = posture[static_cast<Eigen::Index>(i)];
    carrier[i] = parent;
    rotation[i] = joint.rotation;
    translation[i] = joint.translation;
    if (joint.kind == JointKind::kRevolute)
      rotation[i] = joint.rotation * Eigen::AngleAxisd(value, joint.axis).toRotationMatrix();
    else
      translation[i] += joint.rotation * joint.axis * value;
    BodyInertia& into =
        parent < 0 ? reduced.base : reduced.joints[static_cast<std::size_t>(parent)].body;
    merge(into, joint.body, rotation[i], translation[i]);
  }
  reduced.contacts = description.contacts;
  for (auto& contact : reduced.contacts) {
    if (contact.frame.joint < 0) continue;
    const auto i = static_cast<std::size_t>(contact.frame.joint);
    contact.frame.translation = rotation[i] * contact.frame.translation + translation[i];
    contact.frame.rotation = rotation[i] * contact.frame.rotation;
    contact.frame.joint = carrier[i];
  }
  return reduced;
}

TreeKinematics::TreeKinematics(const RobotDescription& description)
    : base_(description.base),
      joints_(description.joints),
      contacts_(description.contacts),
      mass_(description.mass()) {
  description.validate();
  for (const auto& joint : joints_) {
    Shortcut shortcut;
    shortcut.turned = joint.rotation != Matrix3d::Identity();
    for (int i = 0; i < 3; ++i)
      if (joint.kind == JointKind::kRevolute && std::abs(joint.axis[i]) == 1.0) {
        shortcut.axis = i;
        shortcut.sign = joint.axis[i];
      }
    shortcuts_.push_back(shortcut);
  }
  for (const auto& contact : contacts_) {
    std::vector<int> chain;
    for (int k = contact.frame.joint; k >= 0; k = joints_[static_cast<std::size_t>(k)].parent)
      chain.push_back(k);
    std::reverse(chain.begin(), chain.end());
    chains_.push_back(chain);
  }
}

TreeTerms TreeKinematics::make_terms() const {
  TreeTerms terms;
  terms.joints.resize(joints_.size());
  terms.points.resize(contacts_.size());
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    auto& point = terms.points[i];
    const std::size_t size = chains_[i].size();
    point.jacobian.resize(size);
    point.jacobian_angular.resize(size);
    point.velocity_rate.resize(size);
    point.angular_rate.resize(size);
  }
  return terms;
}

void TreeKinematics::place(int joint_index, const Matrix3d& base_rotation, double q,
                           TreeTerms& terms) const {
  const auto k = static_cast<std::size_t>(joint_index);
  const auto& joint = joints_[k];
  auto& t = terms.joints[k];
  const bool root = joint.parent < 0;
  const auto& parent = terms.joints[root ? 0 : static_cast<std::size_t>(joint.parent)];
  const Matrix3d& from = root ? base_rotation : parent.rotation;
  const Shortcut& shortcut = shortcuts_[k];
  Matrix3d placed = from;
  if (shortcut.turned) placed.noalias() = from * joint.rotation;
  t.origin.noalias() = from * joint.translation;
  if (!root) t.origin += parent.origin;
  Vector3d axis;
  if (shortcut.axis >= 0)
    axis = shortcut.sign * placed.col(shortcut.axis);
  else
    axis.noalias() = placed * joint.axis;
  if (shortcut.axis >= 0) {
    const double c = std::cos(q), s = shortcut.sign * std::sin(q);
    const int i = shortcut.axis, j = (i + 1) % 3, l = (i + 2) % 3;
    t.rotation.col(i) = placed.col(i);
    t.rotation.col(j) = c * placed.col(j) + s * placed.col(l);
    t.rotation.col(l) = c * placed.col(l) - s * placed.col(j);
    t.axis = axis;
    t.linear = t.origin.cross(axis);
  } else if (joint.kind == JointKind::kRevolute) {
    const double c = std::cos(q), s = std::sin(q);
    // Rodrigues: columns turn about the axis, which is already in world axes.
    for (int j = 0; j < 3; ++j) {
      const Vector3d column = placed.col(j);
      t.rotation.col(j) =
          c * column + s * axis.cross(column) + ((1.0 - c) * axis.dot(column)) * axis;
    }
    t.axis = axis;
    t.linear = t.origin.cross(axis);
  } else {
    t.rotation = placed;
    t.origin += axis * q;
    t.axis.setZero();
    t.linear = axis;
  }
}

void TreeKinematics::positions(const Matrix3d& base_rotation, const double* q,
                               TreeTerms& terms) const {
  terms.base_rotation = base_rotation;
  const std::size_t count = joints_.size();
  for (std::size_t k = 0; k < count; ++k) {
    place(static_cast<int>(k), base_rotation, q[k], terms);
    const auto& joint = joints_[k];
    auto& t = terms.joints[k];
    const Vector3d com = t.rotation * joint.body.com + t.origin;
    t.mass = joint.body.mass;
    t.body_moment = t.moment = t.mass * com;
    t.body_inertia.noalias() = t.rotation * joint.body.inertia * t.rotation.transpose();
    t.body_inertia += t.mass * (com.squaredNorm() * Matrix3d::Identity() - com * com.transpose());
    t.inertia = t.body_inertia;
  }
  const Vector3d base_com = base_rotation * base_.com;
  Vector3d moment = base_.mass * base_com;
  Matrix3d inertia = base_rotation * base_.inertia * base_rotation.transpose();
  inertia += base_.mass *
             (base_com.squaredNorm() * Matrix3d::Identity() - base_com * base_com.transpose());
  for (std::size_t k = count; k-- > 0;) {
    const auto& t = terms.joints[k];
    if (joints_[k].parent < 0) {
      moment += t.moment;
      inertia += t.inertia;
    } else {
      auto& parent = terms.joints[static_cast<std::size_t>(joints_[k].parent)];
      parent.mass += t.mass;
      parent.moment += t.moment;
      parent.inertia += t.inertia;
    }
  }
  terms.com = moment / mass_;
  terms.inertia = inertia - mass_ * (terms.com.squaredNorm() * Matrix3d::Identity() -
                                     terms.com * terms.com.transpose());
  terms.inertia_inverse = terms.inertia.inverse();
  for (auto& t : terms.joints) {
    t.momentum = t.mass * t.linear + t.axis.cross(t.moment);
    t.momentum_angular =
        t.moment.cross(t.linear) + t.inertia * t.axis - terms.com.cross(t.momentum);
  }
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    auto& point = terms.points[i];
    const auto& frame = contacts_[i].frame;
    const bool on_base = frame.joint < 0;
    const auto& carrier = terms.joints[on_base ? 0 : static_cast<std::size_t>(frame.joint)];
    const Matrix3d& rotation = on_base ? base_rotation : carrier.rotation;
    point.position = rotation * frame.translation;
    if (!on_base) point.position += carrier.origin;
    point.rotation = rotation * frame.rotation;
    point.arm = point.position - terms.com;
    for (std::size_t j = 0; j < chains_[i].size(); ++j) {
      const auto& t = terms.joints[static_cast<std::size_t>(chains_[i][j])];
      point.jacobian[j] = t.linear + t.axis.cross(point.position);
      point.jacobian_angular[j] = t.axis;
    }
  }
}

void TreeKinematics::velocities(const Vector3d& r_angular, const double* joint_velocity,
                                TreeTerms& terms) const {
  Vector3d angular = mass_ * r_angular, linear = Vector3d::Zero();
  for (std::size_t k = 0; k < joints_.size(); ++k) {
    angular -= terms.joints[k].momentum_angular * joint_velocity[k];
    linear += terms.joints[k].momentum * joint_velocity[k];
  }
  terms.omega = terms.inertia_inverse * angular;
  // Velocities are relative to the centre of mass, which makes the total linear momentum zero.
  terms.base_velocity = terms.com.cross(terms.omega) - linear / mass_;
  for (std::size_t k = 0; k < joints_.size(); ++k) {
    auto& t = terms.joints[k];
    const bool root = joints_[k].parent < 0;
    const auto& parent = terms.joints[root ? 0 : static_cast<std::size_t>(joints_[k].parent)];
    t.velocity = (root ? terms.base_velocity : parent.velocity) + t.linear * joint_velocity[k];
    t.angular_velocity =
        (root ? terms.omega : parent.angular_velocity) + t.axis * joint_velocity[k];
  }
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    auto& point = terms.points[i];
    const int joint = contacts_[i].frame.joint;
    const auto& carrier = terms.joints[joint < 0 ? 0 : static_cast<std::size_t>(joint)];
    point.angular_velocity = joint < 0 ? terms.omega : carrier.angular_velocity;
    point.velocity = (joint < 0 ? terms.base_velocity : carrier.velocity) +
                     point.angular_velocity.cross(point.position);
  }
}

void TreeKinematics::derivatives(TreeTerms& terms) const {
  for (std::size_t k = 0; k < joints_.size(); ++k) {
    auto& t = terms.joints[k];
    t.sub_momentum = joints_[k].body.mass * t.velocity + t.angular_velocity.cross(t.body_moment);
    t.sub_momentum_angular = t.body_moment.cross(t.velocity) + t.body_inertia * t.angular_velocity;
  }
  for (std::size_t k = joints_.size(); k-- > 0;) {
    auto& t = terms.joints[k];
    if (joints_[k].parent >= 0) {
      auto& parent = terms.joints[static_cast<std::size_t>(joints_[k].parent)];
      parent.sub_momentum += t.sub_momentum;
      parent.sub_momentum_angular += t.sub_momentum_angular;
    }
    const Vector3d cross_angular = t.axis.cross(t.angular_velocity);
    const Vector3d cross_linear = t.axis.cross(t.velocity) + t.linear.cross(t.angular_velocity);
    const Vector3d linear =
        t.axis.cross(t.sub_momentum) - t.mass * cross_linear - cross_angular.cross(t.moment);
    const Vector3d angular = t.axis.cross(t.sub_momentum_angular) + t.linear.cross(t.sub_momentum) -
                             t.moment.cross(cross_linear) - t.inertia * cross_angular;
    t.velocity_rate = linear / mass_;
    t.omega_rate = -(terms.inertia_inverse * (angular - terms.com.cross(linear)));
    t.omega_joint = -(terms.inertia_inverse * t.momentum_angular);
  }
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    auto& point = terms.points[i];
    for (std::size_t j = 0; j < chains_[i].size(); ++j) {
      const auto& t = terms.joints[static_cast<std::size_t>(chains_[i][j])];
      const Vector3d carried = t.velocity + t.angular_velocity.cross(point.position);
      point.velocity_rate[j] =
          t.angular_velocity.cross(point.jacobian[j]) + t.axis.cross(point.velocity - carried);
      point.angular_rate[j] = t.axis.cross(point.angular_velocity - t.angular_velocity);
    }
  }
}

Vector6d TreeKinematics::momentum_over_mass(const TreeTerms& terms, const Vector3d& base_linear,
                                            const Vector3d& base_angular,
                                            const double* joint_velocity) const {
  Vector3d linear = mass_ * (base_linear + base_angular.cross(terms.com));
  Vector3d angular = terms.inertia * base_angular;
  for (std::size_t k = 0; k < joints_.size(); ++k) {
    linear += terms.joints[k].momentum * joint_velocity[k];
    angular += terms.joints[k].momentum_angular * joint_velocity[k];
  }
  Vector6d r;
  r << linear / mass_, angular / mass_;
  return r;
}

}  // namespace surefoot::mpc
