#include "mpc/terms/joint_torque_limits.hpp"

#include <algorithm>

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;
}  // namespace

JointTorqueLimits::JointTorqueLimits(SoftBounds bounds, const Layout& layout)
    : CostTerm("joint_torque_limits"),
      bounds_(std::move(bounds)),
      torque_(index(layout.n)),
      slope_(index(layout.nf + layout.nx)) {
  value_.reserve(slope_.size());
  column_.reserve(slope_.size());
}

void JointTorqueLimits::evaluate(const StagePoint& p) {
  std::fill(torque_.begin(), torque_.end(), 0.0);
  for (int c = 0; c < p.layout().nc; ++c) {
    if (!p.task(c).stance) continue;
    const auto& chain = p.dynamics.tree().chain(c);
    const auto& point = p.point(c);
    const ConstMap3 force(p.force(c));
    const bool surface = p.dynamics.tree().contact(c).size() == 6;
    for (std::size_t j = 0; j < chain.size(); ++j) {
      double torque = point.jacobian[j].dot(force);
      if (surface) torque += point.jacobian_angular[j].dot(ConstMap3(p.force(c) + 3));
      torque_[index(chain[j])] -= torque;
    }
  }
}

double JointTorqueLimits::value(const StagePoint& p) {
  evaluate(p);
  double sum = 0.0;
  for (int i = 0; i < p.layout().n; ++i) {
    const double excess = bounds_.excess(i, torque_[index(i)]);
    sum += excess * excess;
  }
  return 0.5 * *bounds_.weight * sum;
}

void JointTorqueLimits::differentiate(const StagePoint& p, int joint) {
  // With a_k the axis of joint k, J_j the column of joint j: a joint k before j turns J_j as a
  // whole, dJ_j/dq_k = a_k x J_j; one behind it moves only the contact, dJ_j/dq_k = a_j x J_k.
  const int state = p.layout().nf;
  std::fill(slope_.begin(), slope_.end(), 0.0);
  Eigen::Map<Vector3d> by_orientation(slope_.data() + state + Layout::kOrientation);
  for (int c = 0; c < p.layout().nc; ++c) {
    const auto& chain = p.dynamics.tree().chain(c);
    const auto found = std::find(chain.begin(), chain.end(), joint);
    if (!p.task(c).stance || found == chain.end()) continue;
    const auto at = static_cast<std::size_t>(found - chain.begin());
    const auto& point = p.point(c);
    const bool surface = p.dynamics.tree().contact(c).size() == 6;
    const Vector3d force = ConstMap3(p.force(c));
    const Vector3d moment = surface ? Vector3d(ConstMap3(p.force(c) + 3)) : Vector3d::Zero();
    const Vector3d linear = point.jacobian[at], axis = point.jacobian_angular[at];
    by_orientation -= linear.cross(force) + axis.cross(moment);
    double* by_force = slope_.data() + p.layout().force[index(c)];
    for (int i = 0; i < 3; ++i) by_force[i] = -linear[i];
    for (int i = 0; surface && i < 3; ++i) by_force[3 + i] = -axis[i];
    for (std::size_t k = 0; k < chain.size(); ++k) {
      const Vector3d& a = point.jacobian_angular[k];
      slope_[index(state + Layout::kJoints + chain[k])] -=
          k <= at ? a.cross(linear).dot(force) + a.cross(axis).dot(moment)
                  : axis.cross(point.jacobian[k]).dot(force);
    }
  }
}

void JointTorqueLimits::add(const StagePoint& p, double scale, StageCost& cost) {
  evaluate(p);
  const double weight = scale * *bounds_.weight;
  for (int joint = 0; joint < p.layout().n; ++joint) {
    const double excess = bounds_.excess(joint, torque_[index(joint)]);
    if (excess == 0.0) continue;
    differentiate(p, joint);
    column_.clear();
    value_.clear();
    const auto keep = [&](int column, double slope) {
      if (slope == 0.0) return;
      column_.push_back(column);
      value_.push_back(slope);
    };
    for (int c = 0; c < p.layout().nc; ++c)
      for (int i = 0; p.task(c).stance && i < p.dynamics.tree().contact(c).size(); ++i)
        keep(cost.force[c] + i, slope_[index(p.layout().force[index(c)] + i)]);
    for (int i = 0; i < p.layout().nx; ++i) keep(cost.state + i, slope_[index(p.layout().nf + i)]);
    for (std::size_t j = 0; j < column_.size(); ++j) {
      cost.g[column_[j]] += weight * excess * value_[j];
      for (std::size_t i = j; i < column_.size(); ++i)
        cost.H[column_[j] * cost.stride + column_[i]] += weight * value_[i] * value_[j];
    }
  }
}

}  // namespace surefoot::mpc
