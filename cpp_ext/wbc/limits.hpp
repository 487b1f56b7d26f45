#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/wbc/task.hpp"
#include "surefoot/wbc/tick.hpp"
#include "surefoot/wbc/whole_body_controller.hpp"

namespace surefoot {

/// All inequalities of a tick, lower <= C x <= upper over x = [dv, f], in this order: friction of
/// every active contact; joint torques
///
///   tau = M_a dv + h_a - J_a' f  within what the motors give at the present speed;
///
/// inequality tasks that are hard; inequality tasks of the stack, level by level, which may be
/// violated for the sake of higher levels. C is never formed: its rows are made on demand.
class SUREFOOT_API Limits {
 public:
  Limits(const RobotDescription& description, int max_friction_rows);

  /// Takes the inequalities among the tasks, which must be bound. Allocates.
  void set_tasks(const TaskLevel& hard, const Stack& stack);

  /// Order in which hard rows give way when there is no solution: the highest first.
  enum Rank { kTorque = 0, kContact = 1, kTask = 2, kRanks = 3 };

  /// The speeds (nj,) up to which a motor gives its full torque and at which it gives none, in the
  /// direction of motion; empty: full torque at all speeds.
  void set_torque_speed(const Eigen::VectorXd& corner, const Eigen::VectorXd& no_load);

  void update(const Tick& tick);

  /// The rows mean the same as in the last tick (`update` before this one).
  bool same_rows() const { return same_rows_; }
  int count() const { return count_; }
  int hard_count() const { return hard_count_; }
  int max_count() const { return static_cast<int>(lower.size()); }
  /// Of a hard row.
  int rank(int index) const {
    return index < friction_rows_ ? kContact : index < built_in_ ? kTorque : kTask;
  }
  /// Level of the stack to which a row belongs; -1: hard.
  int level(int index) const { return index < hard_count_ ? -1 : task_row(index).level; }
  /// Weight of a soft row's squared violation.
  double weight(int index) const { return task_row(index).rows->weight(task_row(index).row); }

  /// What a row is; tasks are counted as in `WbcResult::names`: the stack's, then the hard ones.
  ActiveLimit describe(int index, bool upper_bound) const;

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
  /// (nj,) torques that the motors can give, N m: at the speed of the last update, at rest before.
  Eigen::VectorXd effort_lower, effort_upper;

 private:
  /// out += the torques of a solution's accelerations and forces.
  void add_motion_torque(const Eigen::Ref<const Eigen::VectorXd>& x,
                         Eigen::Ref<Eigen::VectorXd> out) const;

  struct Source {
    const TaskRows* rows;
    int level;
    int task;  // in WbcResult::names
  };
  struct TaskRow {
    const TaskRows* rows;
    int row, level, task;
  };
  const TaskRow& task_row(int index) const {
    return task_rows_[static_cast<std::size_t>(index - built_in_)];
  }

  void update_effort(const Eigen::VectorXd& v);

  const RobotDescription& description_;
  Eigen::VectorXd corner_, no_load_;
  const Tick* tick_ = nullptr;
  int max_built_in_, count_ = 0, hard_count_ = 0, built_in_ = 0, friction_rows_ = 0;
  std::vector<Source> sources_;
  std::vector<TaskRow> task_rows_;
  std::vector<int> contacts_;  // of this tick
  bool same_rows_ = false;
};

}  // namespace surefoot
