// Not vectorised, for the same reasons as tree_kinematics.cpp.
#define EIGEN_DONT_VECTORIZE
#include "mpc/tree_kinematics.hpp"

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }

/// Acceleration of a point that is `arm` away from one that accelerates by `linear`.
Vector3d carried(const Vector3d& linear, const Vector3d& turning, const Vector3d& spin,
                 const Vector3d& arm) {
  return linear + turning.cross(arm) + spin.cross(spin.cross(arm));
}

/// Sum of bodies' momenta, or of their rates, about the base's origin.
struct Sum {
  Vector3d linear = Vector3d::Zero(), angular = Vector3d::Zero();

  void add(const Vector3d& position, const Vector3d& part, const Vector3d& moment) {
    linear += part;
    angular += position.cross(part) + moment;
  }
  Vector6d about(const Vector3d& com, double mass) const {
    Vector6d result;
    result << linear / mass, (angular - com.cross(linear)) / mass;
    return result;
  }
};

}  // namespace

Vector6d TreeKinematics::momentum_over_mass(const Matrix3d& base_rotation, const double* q,
                                            const Vector3d& base_linear,
                                            const Vector3d& base_angular,
                                            const double* joint_velocity, TreeTerms& terms) const {
  Sum sum;
  Vector3d moment = Vector3d::Zero();
  const auto add = [&](const BodyInertia& body, const Matrix3d& rotation, const Vector3d& com,
                       const Vector3d& velocity, const Vector3d& spin) {
    const Vector3d local = rotation.transpose() * spin;
    moment += body.mass * com;
    sum.add(com, body.mass * (velocity + spin.cross(com)), rotation * (body.inertia * local));
  };
  add(base_, base_rotation, base_rotation * base_.com, base_linear, base_angular);
  for (int k = 0; k < joints(); ++k) {
    place(k, base_rotation, q[k], terms);
    const JointDescription& joint = joints_[index(k)];
    JointTerms& t = terms.joints[index(k)];
    const JointTerms* parent = joint.parent < 0 ? nullptr : &terms.joints[index(joint.parent)];
    t.velocity = parent == nullptr ? base_linear : parent->velocity;
    t.velocity += t.linear * joint_velocity[k];
    t.angular_velocity = parent == nullptr ? base_angular : parent->angular_velocity;
    t.angular_velocity += t.axis * joint_velocity[k];
    add(joint.body, t.rotation, t.rotation * joint.body.com + t.origin, t.velocity,
        t.angular_velocity);
  }
  return sum.about(moment / mass_, mass_);
}

TreeDrift TreeKinematics::make_drift() const {
  int rows = 0;
  for (const auto& contact : contacts_) rows += contact.size();
  const Vector3d zero = Vector3d::Zero();
  return {std::vector<Vector3d>(joints_.size(), zero), std::vector<Vector3d>(joints_.size(), zero),
          Eigen::VectorXd::Zero(rows), Vector6d::Zero()};
}

void TreeKinematics::drift(const TreeTerms& terms, const double* joint_velocity,
                           TreeDrift& drift) const {
  const Vector3d zero = Vector3d::Zero();
  Sum sum;
  const auto add = [&](const BodyInertia& body, const Matrix3d& rotation, const Vector3d& origin,
                       const Vector3d& linear, const Vector3d& turning, const Vector3d& spin) {
    const Vector3d com = rotation * body.com;
    const Vector3d local_turning = rotation.transpose() * turning;
    const Vector3d local_spin = rotation.transpose() * spin;
    const Vector3d moment =
        body.inertia * local_turning + local_spin.cross(body.inertia * local_spin);
    sum.add(origin + com, body.mass * carried(linear, turning, spin, com), rotation * moment);
  };
  add(base_, terms.base_rotation, zero, zero, zero, terms.omega);
  for (int k = 0; k < joints(); ++k) {
    const JointDescription& joint = joints_[index(k)];
    const JointTerms& t = terms.joints[index(k)];
    Vector3d& linear = drift.linear[index(k)];
    Vector3d& turning = drift.angular[index(k)];
    const Vector3d* spin = &terms.omega;
    Vector3d arm = t.origin;
    linear = turning = zero;
    if (joint.parent >= 0) {
      const JointTerms& parent = terms.joints[index(joint.parent)];
      linear = drift.linear[index(joint.parent)];
      turning = drift.angular[index(joint.parent)];
      spin = &parent.angular_velocity;
      arm -= parent.origin;
    }
    linear = carried(linear, turning, *spin, arm);
    if (joint.kind == JointKind::kPrismatic)
      linear += 2.0 * joint_velocity[k] * spin->cross(t.linear);
    else
      turning += joint_velocity[k] * spin->cross(t.axis);
    add(joint.body, t.rotation, t.origin, linear, turning, t.angular_velocity);
  }
  drift.momentum = sum.about(terms.com, mass_);
  int row = 0;
  for (int c = 0; c < contacts(); ++c) {
    const PointTerms& point = terms.points[index(c)];
    const int k = contact(c).frame.joint;
    const Vector3d& turning = k < 0 ? zero : drift.angular[index(k)];
    drift.contacts.segment<3>(row) =
        k < 0 ? carried(zero, zero, terms.omega, point.position)
              : carried(drift.linear[index(k)], turning, point.angular_velocity,
                        point.position - terms.joints[index(k)].origin);
    if (contact(c).size() == 6) drift.contacts.segment<3>(row + 3) = turning;
    row += contact(c).size();
  }
}

}  // namespace surefoot::mpc
