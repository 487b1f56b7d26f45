#pragma once
#include <Eigen/Core>
#include <memory>
#include <utility>
#include <vector>

#include "surefoot/wbc/task.hpp"
#include "wbc/level_qp.hpp"
#include "wbc/lexicographic.hpp"
#include "wbc/limits.hpp"
#include "wbc/physics.hpp"
#include "wbc/task_projection.hpp"

namespace surefoot {

/// Solves a stack of task levels over x = particular + basis z subject to `Limits`.
///
/// `weighted` minimises the weighted squared residuals of all tasks together; `strict` level by
/// level (`Lexicographic`).
class SUREFOOT_API Hierarchy {
 public:
  Hierarchy(int max_unknowns, int max_task_rows, int levels, const Limits& limits);

  StackOutcome solve_weighted(const Stack& stack, Physics& physics, const Limits& limits,
                              double regularization);
  StackOutcome solve_strict(const Stack& stack, Physics& physics, const Limits& limits);
  void reset() { lexicographic_.forget(); }
  /// Another solver for the QPs; null: the own one.
  void set_backend(std::shared_ptr<QpBackend> backend) { qp_.backend = std::move(backend); }

  auto x() const { return x_.head(n_); }
  /// Limits at or beyond their bounds at x: indices, those at a lower bound as -1 - index.
  const std::vector<int>& active() const { return active_; }

  bool check_kkt = false;  ///< fill StackOutcome::kkt

 private:
  void find_active(const Limits& limits, StackOutcome& outcome);

  int n_ = 0;
  LevelQp qp_;
  Lexicographic lexicographic_;
  TaskProjection projection_;
  Eigen::VectorXd x_, values_;
  std::vector<int> active_;
};

}  // namespace surefoot
