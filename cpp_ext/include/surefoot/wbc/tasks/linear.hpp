#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Rows that the caller gives between ticks, in dv and in the forces of all contacts; those of
/// contacts that carry no force are left out.
class SUREFOOT_API LinearTask : public Task {
 public:
  void update(const Tick& tick) override;

 protected:
  LinearTask(int max_rows, double weight, std::string name);
  /// A: (m, nv) or (m, nv + forces of all contacts, 3 a point and 6 a surface). Allocates; throws
  /// std::invalid_argument.
  void set_matrix(const Eigen::Ref<const Eigen::MatrixXd>& A);
  static void check_size(const Eigen::Ref<const Eigen::MatrixXd>& A, Eigen::Index size,
                         const char* what);
  void check(const RobotDescription& description) override;
  int max_rows(const RobotDescription&) const override { return max_rows_; }

  int max_rows_;
  Eigen::MatrixXd A_;
  Eigen::VectorXd first_, second_;  // b, or lower and upper
};

/// A [dv, f] = b. `set` throws std::invalid_argument, and then changes nothing.
class SUREFOOT_API LinearEquality : public LinearTask {
 public:
  explicit LinearEquality(int max_rows, double weight = 1.0, std::string name = "equality")
      : LinearTask(max_rows, weight, std::move(name)) {}
  void set(const Eigen::Ref<const Eigen::MatrixXd>& A, const Eigen::Ref<const Eigen::VectorXd>& b);
};

/// lower <= A [dv, f] <= upper. `set` throws std::invalid_argument, and then changes nothing.
class SUREFOOT_API LinearInequality : public LinearTask {
 public:
  explicit LinearInequality(int max_rows, double weight = 1.0, std::string name = "inequality")
      : LinearTask(max_rows, weight, std::move(name)) {
    rows_.kind = TaskRows::Kind::kInequality;
  }
  void set(const Eigen::Ref<const Eigen::MatrixXd>& A,
           const Eigen::Ref<const Eigen::VectorXd>& lower,
           const Eigen::Ref<const Eigen::VectorXd>& upper);
};

}  // namespace surefoot
