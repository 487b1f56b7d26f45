#pragma once
#include <vector>

#include "mpc/dense_kernels.hpp"
#include "surefoot/export.hpp"

namespace surefoot::mpc {

/// lower <= rows * (inputs first .. first + size) of one contact; everything relative to the
/// linearisation point: slack = offset + rows * du >= 0.
struct InequalityBlock {
  static constexpr int kRows = 12, kSize = 6;
  int first = 0, size = 0, rows = 0;
  double matrix[kRows][kSize];
  double offset[kRows];
};

/// One stage of the quadratic program in z = [inputs; tangent state], padded to multiples of four:
///   min 1/2 z' H z + g' z   with   x_next = M z + b   and inequality blocks on the inputs.
struct SUREFOOT_API StageQp {
  std::vector<double> M;  ///< nx rows of [inputs | state], row-major
  std::vector<double> H;  ///< column-major, lower half
  std::vector<double> g, b;
  std::vector<InequalityBlock> blocks;
  int block_count = 0;
};

/// Sizes of all stages and their data.
struct SUREFOOT_API OcpQp {
  OcpQp(int stages, int inputs, int states, int contacts);
  int N, nu, nx, nz;  ///< padded
  std::vector<StageQp> stages;
  std::vector<double> terminal_H, terminal_g;  ///< nx x nx column-major (full), nx
  std::vector<double> dx0;                     ///< initial state minus its linearisation point
};

/// Solution of an `OcpQp`: steps, multipliers of the inequalities.
struct SUREFOOT_API OcpQpSolution {
  explicit OcpQpSolution(const OcpQp& qp);
  std::vector<std::vector<double>> z;                  ///< N of [du; dx]
  std::vector<double> x_end;                           ///< terminal dx
  std::vector<std::vector<double>> slack, multiplier;  ///< by stage; kRows per block
};

}  // namespace surefoot::mpc
