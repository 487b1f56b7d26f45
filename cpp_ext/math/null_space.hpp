#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/export.hpp"

namespace surefoot {

/// Householder QR with column pivoting of P' for the rows P z = b of an affine map: it splits z
/// into r = rank(P) directions that P sees and a null space that it does not.
///
///   P' Pi = Q R,  z = Q [y; w],  P z = Pi R_r' y
///
/// G. H. Golub and C. F. Van Loan, Matrix Computations, 4th ed., section 5.4. Workspaces are
/// allocated once.
class SUREFOOT_API NullSpace {
 public:
  NullSpace(int max_variables, int max_rows);

  /// Space for P' (variables x rows) that `factorise` reads and overwrites.
  Eigen::Map<Eigen::MatrixXd> transposed(int variables, int rows);

  /// Factorises what `transposed` was filled with and returns the rank. Pivots below `tolerance`
  /// times the largest one, or times `scale` (the rows' size before they were projected), count as
  /// zero. Those that are still above `noise` belong to `depth`: too weak to be used, too strong
  /// to be called null space.
  int factorise(double scale = 0.0, double noise = 1.0, double tolerance = 1e-8);

  int rank() const { return rank_; }
  int depth() const { return depth_; }
  int variables() const { return k_; }
  int rows() const { return m_; }

  /// basis <- basis Q: its first rank() columns carry y, those from depth() on span the null space.
  void rotate(Eigen::Ref<Eigen::MatrixXd> basis);

  /// z <- Q z.
  void apply(Eigen::Ref<Eigen::VectorXd> z);

  /// The last variables() - rank() columns of Q into out: the null space, after `factorise` with
  /// noise 1.
  void null_basis(Eigen::Ref<Eigen::MatrixXd> out);

  /// Least-squares y (rank) of P z = b (rows).
  void solve(const Eigen::Ref<const Eigen::VectorXd>& b, Eigen::Ref<Eigen::VectorXd> y);

  /// Multipliers u (rows) with P' u = Q [g; 0]: zero for rows that depend on others.
  void solve_transposed(const Eigen::Ref<const Eigen::VectorXd>& g, Eigen::Ref<Eigen::VectorXd> u);

 private:
  void solve_tall(Eigen::Ref<Eigen::VectorXd> y);

  int k_ = 0, m_ = 0, rank_ = 0, depth_ = 0;
  std::vector<double> storage_;
  std::vector<int> permutation_;
  Eigen::VectorXd tau_, norms_, rhs_, residual_, step_;
  Eigen::MatrixXd normal_, tall_;
};

}  // namespace surefoot
