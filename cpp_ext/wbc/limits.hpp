#pragma once
#include <Eigen/Core>

#include "surefoot/wbc/tick.hpp"

namespace surefoot {

/// The hard inequalities of a tick, lower <= C x <= upper over x = [dv, f]: friction of every
/// active contact, then joint torques
///
///   tau = M_a dv + h_a - J_a' f,  |tau| <= limit.
///
/// C is never formed: its rows are made when they are asked for.
class SUREFOOT_API Limits {
 public:
  explicit Limits(const RobotDescription& description, int max_friction_rows);

  /// Order in which rows give way when there is no solution: the highest first.
  enum Rank { kTorque = 0, kContact = 1, kRanks = 2 };

  void update(const Tick& tick);

  int count() const { return count_; }
  int max_count() const { return static_cast<int>(lower.size()); }
  int rank(int index) const { return index < friction_rows_ ? kContact : kTorque; }
  /// values = C x
  void evaluate(const Eigen::Ref<const Eigen::VectorXd>& x,
                Eigen::Ref<Eigen::VectorXd> values) const;
  struct Row {
    int first, size;  ///< the row's non-zero run in x
  };
  /// Row `index` into out (its run only; the rest of out is left as it is).
  Row row(int index, Eigen::Ref<Eigen::VectorXd> out) const;

  /// Joint torques of a solution.
  void torque(const Eigen::Ref<const Eigen::VectorXd>& x, Eigen::Ref<Eigen::VectorXd> out) const;

  Eigen::VectorXd lower, upper;
  Eigen::VectorXd effort;  ///< (nj,) torque limits in force, N m

 private:
  const RobotDescription& description_;
  const Tick* tick_ = nullptr;
  int count_ = 0, friction_rows_ = 0;
};

}  // namespace surefoot
