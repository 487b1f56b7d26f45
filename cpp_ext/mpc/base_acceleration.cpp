#include "mpc/base_acceleration.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <utility>

namespace surefoot::mpc {
namespace {

auto index(int i) { return static_cast<std::size_t>(i); }

constexpr int kStates = 7;  // of a limb's rows: base acceleration, and what they should give

/// Contacts by limb: those that have a joint in common, over others too, belong together.
std::vector<std::vector<int>> limbs_of(const TreeKinematics& tree) {
  std::vector<int> limb_of_joint(index(tree.joints()), -1);
  std::vector<std::vector<int>> limbs;
  for (int c = 0; c < tree.contacts(); ++c) {
    std::vector<int> contacts{c};
    for (int j : tree.chain(c)) {
      const int other = limb_of_joint[index(j)];
      if (other < 0) continue;
      auto& joined = limbs[index(other)];
      contacts.insert(contacts.end(), joined.begin(), joined.end());
      joined.clear();
    }
    for (int k : contacts)
      for (int j : tree.chain(k)) limb_of_joint[index(j)] = static_cast<int>(limbs.size());
    limbs.push_back(contacts);
  }
  limbs.erase(std::remove_if(limbs.begin(), limbs.end(), [](const auto& l) { return l.empty(); }),
              limbs.end());
  return limbs;
}

}  // namespace

BaseAcceleration::BaseAcceleration(const CentroidalDynamics& dynamics, double singular_tolerance)
    : dynamics_(dynamics),
      singular_tolerance_(singular_tolerance),
      drift_(dynamics.tree().make_drift()),
      rows_(index(static_cast<int>(drift_.contacts.size()) * (dynamics.layout().n + kStates))) {
  const auto& tree = dynamics.tree();
  int row = 0;
  for (int c = 0; c < tree.contacts(); ++c) {
    first_.push_back(row);
    row += tree.contact(c).size();
  }
  for (auto& contacts : limbs_of(tree)) {
    std::sort(contacts.begin(), contacts.end());
    std::vector<int> joints;
    int rows = 0;
    for (int c : contacts) {
      rows += tree.contact(c).size();
      joints.insert(joints.end(), tree.chain(c).begin(), tree.chain(c).end());
    }
    std::sort(joints.begin(), joints.end());
    joints.erase(std::unique(joints.begin(), joints.end()), joints.end());
    if (joints.empty()) continue;
    const bool leg = rows == 3 && joints.size() == 3;
    Projection solver(rows, static_cast<int>(joints.size()), kStates, singular_tolerance);
    limbs_.push_back({contacts, joints, leg, std::move(solver)});
  }
}

Vector6d BaseAcceleration::compute(const TreeTerms& terms, const double* u, const double* rate,
                                   const ContactRows& contact_acceleration) {
  const auto& tree = dynamics_.tree();
  // What momentum and contacts would do if nothing accelerated.
  tree.drift(terms, u + dynamics_.layout().nf, drift_);
  const Vector6d momentum_rate = Eigen::Map<const Vector6d>(rate) - drift_.momentum;

  // Their momentum rate goes to the left of [map] a = momentum_rate.
  Matrix6d map;
  map << Matrix3d::Identity(), -skew(terms.com), Matrix3d::Zero(), terms.inertia / tree.mass();
  Vector6d rest = momentum_rate;
  for (Limb& limb : limbs_) {
    if (limb.leg && carry_leg(terms, limb, contact_acceleration, map, rest)) continue;
    // Joint accelerations that give the contacts theirs: J ddq + X a = wanted.
    const int n = static_cast<int>(limb.joints.size()), stride = n + kStates;
    std::fill(rows_.begin(), rows_.end(), 0.0);
    int m = 0;
    for (int c : limb.contacts) {
      const auto& point = terms.points[index(c)];
      const auto& chain = tree.chain(c);
      for (int i = 0; i < tree.contact(c).size(); ++i, ++m) {
        const bool linear = i < 3;
        double* row = rows_.data() + m * stride;
        std::size_t j = 0;
        for (int k = 0; k < n && j < chain.size(); ++k) {
          if (limb.joints[index(k)] != chain[j]) continue;
          row[k] = linear ? point.jacobian[j][i] : point.jacobian_angular[j][i - 3];
          ++j;
        }
        row[n + i] = 1.0;
        if (linear) {
          const Vector3d turn = point.position.cross(Vector3d::Unit(i));
          for (int k = 0; k < 3; ++k) row[n + 3 + k] = turn[k];
        }
        const int at = first_[index(c)] + i;
        row[n + 6] = drift_.contacts[at] - (linear ? contact_acceleration(c, i) : 0.0);
      }
    }
    limb.rows.compute(m, rows_.data(), rows_.data() + n, stride);
    for (int k = 0; k < n; ++k) {
      const auto& joint = terms.joints[index(limb.joints[index(k)])];
      const double* feedback = limb.rows.feedback(k);
      Vector6d momentum;
      momentum << joint.momentum, joint.momentum_angular;
      momentum /= tree.mass();
      rest -= momentum * feedback[6];
      map += momentum * Eigen::Map<const Eigen::Matrix<double, 1, 6>>(feedback);
    }
  }
  return map.partialPivLu().solve(rest);
}

bool BaseAcceleration::carry_leg(const TreeTerms& terms, const Limb& limb,
                                 const ContactRows& contact_acceleration, Matrix6d& map,
                                 Vector6d& rest) const {
  const int c = limb.contacts[0];
  const auto& point = terms.points[index(c)];
  Matrix3d jacobian;
  Eigen::Matrix<double, 6, 3> momentum;
  for (int k = 0; k < 3; ++k) {
    const auto& joint = terms.joints[index(limb.joints[index(k)])];
    jacobian.col(k) = point.jacobian[index(k)];
    momentum.col(k) << joint.momentum, joint.momentum_angular;
  }
  const Matrix3d inverse = jacobian.inverse();
  // Bounds the ratio of the pivots that `Projection` would meet, none of which it would damp then.
  if (!(singular_tolerance_ * inverse.norm() * jacobian.norm() < 1.0)) return false;
  // Momentum that the joints take up for each unit of the contact's acceleration.
  const Eigen::Matrix<double, 6, 3> taken = momentum * (inverse / dynamics_.tree().mass());
  const Vector3d error =
      drift_.contacts.segment<3>(first_[index(c)]) - contact_acceleration.row(c).transpose();
  map.leftCols<3>() -= taken;
  map.rightCols<3>() += taken * skew(point.position);
  rest += taken * error;
  return true;
}

}  // namespace surefoot::mpc
