#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot {

enum class QpStatus { kSolved, kInfeasible, kIterationLimit, kNotConvex };

/// The rows C of lower <= C x <= upper. A row is asked for only when it becomes active, so an
/// implementation need not form C.
class SUREFOOT_API QpRows {
 public:
  virtual ~QpRows() = default;
  virtual int count() const = 0;
  virtual void evaluate(const Eigen::Ref<const Eigen::VectorXd>& x,
                        Eigen::Ref<Eigen::VectorXd> values) const = 0;  ///< values = C x
  virtual void row(int index, Eigen::Ref<Eigen::VectorXd> out) const = 0;
};

/// A matrix as `QpRows`.
class SUREFOOT_API DenseRows : public QpRows {
 public:
  explicit DenseRows(const Eigen::Ref<const Eigen::MatrixXd>& matrix) : matrix_(matrix) {}
  int count() const override { return static_cast<int>(matrix_.rows()); }
  void evaluate(const Eigen::Ref<const Eigen::VectorXd>& x,
                Eigen::Ref<Eigen::VectorXd> values) const override;
  void row(int index, Eigen::Ref<Eigen::VectorXd> out) const override;

 private:
  Eigen::Ref<const Eigen::MatrixXd> matrix_;
};

/// min 1/2 x'Hx + g'x  subject to  lower <= C x <= upper, H positive definite.
///
/// Dual active-set method: D. Goldfarb and A. Idnani, "A numerically stable dual method for
/// solving strictly convex quadratic programs", Mathematical Programming 27, 1983. It starts at
/// the unconstrained minimum, so few active rows mean few iterations, and it proves
/// infeasibility. Rows with lower == upper are equalities. Nothing allocates after construction.
class SUREFOOT_API DenseQp {
 public:
  DenseQp(int max_variables, int max_rows);

  /// Only H's lower triangle is read. Infinite bounds are allowed.
  QpStatus solve(const Eigen::Ref<const Eigen::MatrixXd>& H,
                 const Eigen::Ref<const Eigen::VectorXd>& g, const QpRows& rows,
                 const Eigen::Ref<const Eigen::VectorXd>& lower,
                 const Eigen::Ref<const Eigen::VectorXd>& upper);

  auto x() const { return x_.head(n_); }
  /// Multipliers of H x + g + C' lambda = 0: positive at an upper bound, negative at a lower.
  auto multipliers() const { return multipliers_.head(m_); }
  int iterations() const { return iterations_; }
  int active() const { return active_count_; }

 private:
  struct Candidate {
    int row;
    double sign;   ///< the constraint reads sign * row . x >= sign * bound
    double slack;  ///< negative: violated
  };

  bool factorise(const Eigen::Ref<const Eigen::MatrixXd>& H);
  Candidate most_violated(const Eigen::Ref<const Eigen::VectorXd>& lower,
                          const Eigen::Ref<const Eigen::VectorXd>& upper) const;
  QpStatus activate(Candidate candidate, const QpRows& rows);
  void add_active(const Candidate& candidate, double multiplier);
  void remove_active(int position);
  void publish_multipliers();
  /// Puts the active rows onto their bounds again after the rounding of many steps.
  void polish(const Eigen::Ref<const Eigen::VectorXd>& lower,
              const Eigen::Ref<const Eigen::VectorXd>& upper);

  int n_ = 0, m_ = 0, active_count_ = 0, equalities_ = 0, iterations_ = 0, limit_ = 0;
  // J holds L^-T times an orthogonal matrix whose first active_count_ columns span the active
  // rows; R is the triangular factor of those rows.
  Eigen::MatrixXd J_, R_;
  Eigen::VectorXd x_, multipliers_, values_, normal_, d_, z_, r_, u_, work_;
  std::vector<int> active_row_;
  std::vector<double> active_sign_;
  std::vector<char> is_active_, is_equality_;
};

}  // namespace surefoot
