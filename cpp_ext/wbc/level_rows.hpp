#pragma once
#include <Eigen/Core>
#include <vector>

#include "math/dense_qp.hpp"
#include "wbc/limits.hpp"

namespace surefoot {

/// Limits in the coordinates of one level, C (origin + basis z), where chosen rows have a slack
/// variable of their own: C_i (origin + basis z) + s_i. The slacks follow z.
class LevelRows : public QpRows {
 public:
  LevelRows(int max_unknowns, int max_rows);

  /// Takes a level's coordinates; no row has slack.
  void set(const Limits& limits, const Eigen::Ref<const Eigen::VectorXd>& origin,
           const double* basis, int columns);
  void add_slack(int index);

  int columns() const { return columns_; }
  int slacks() const { return slacks_; }
  int variables() const { return columns_ + slacks_; }
  /// Place of a row's slack among the variables, -1: it has none.
  int slack(int index) const { return slack_[static_cast<std::size_t>(index)]; }

  int count() const override;
  void evaluate(const Eigen::Ref<const Eigen::VectorXd>& z,
                Eigen::Ref<Eigen::VectorXd> values) const override;
  void row(int index, Eigen::Ref<Eigen::VectorXd> out) const override;

 private:
  const Limits* limits_ = nullptr;
  const double *origin_ = nullptr, *basis_ = nullptr;
  int unknowns_ = 0, columns_ = 0, slacks_ = 0;
  std::vector<int> slack_;
  mutable Eigen::VectorXd x_, row_;
};

}  // namespace surefoot
