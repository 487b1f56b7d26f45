#include "mpc/interior_point.hpp"

#include <algorithm>
#include <cmath>

#include "mpc/clock.hpp"

namespace surefoot::mpc {
namespace {

constexpr int kRows = InequalityBlock::kRows;
auto index(int i) { return static_cast<std::size_t>(i); }

/// Calls visit(stage, block, first index of the block's slacks) for every inequality block.
template <typename Visit>
void for_each_block(const OcpQp& qp, Visit visit) {
  for (int k = 0; k < qp.N; ++k) {
    const auto& stage = qp.stages[index(k)];
    for (int i = 0; i < stage.block_count; ++i) visit(index(k), stage.blocks[index(i)], i * kRows);
  }
}

double row_value(const InequalityBlock& block, int row, const double* inputs) {
  double value = block.offset[row];
  for (int j = 0; j < block.size; ++j) value += block.matrix[row][j] * inputs[block.first + j];
  return value;
}

}  // namespace

InteriorPoint::InteriorPoint(const OcpQp& qp)
    : riccati_(qp),
      hessian_(qp.stages.size(), std::vector<double>(index(qp.nu * qp.nu), 0.0)),
      gradient_(qp.stages.size(), std::vector<double>(index(qp.nu), 0.0)),
      x_end_(index(qp.nx), 0.0),
      costate_(index(qp.nx), 0.0),
      scratch_(index(qp.nz), 0.0) {
  const OcpQpSolution like(qp);
  z_ = like.z;
  slack_step_ = multiplier_step_ = like.multiplier;  // zero
  inverse_slack_ = like.slack;
}

void InteriorPoint::start(const OcpQp& qp, const InteriorPointOptions& options, OcpQpSolution& s) {
  for (auto& zk : s.z) std::fill(zk.begin(), zk.end(), 0.0);
  std::fill(s.x_end.begin(), s.x_end.end(), 0.0);
  for_each_block(qp, [&](std::size_t k, const InequalityBlock& block, int first) {
    for (int r = 0; r < block.rows; ++r) {
      double& slack = s.slack[k][index(first + r)];
      double& multiplier = s.multiplier[k][index(first + r)];
      slack = std::max(row_value(block, r, s.z[k].data()), options.slack_min);
      const double cold = options.barrier_start * options.scale / slack;
      if (!(multiplier > 0.0)) multiplier = cold;
    }
  });
}

void InteriorPoint::add_barrier_hessian(const OcpQp& qp, const OcpQpSolution& s) {
  for (auto& h : hessian_) std::fill(h.begin(), h.end(), 0.0);
  for_each_block(qp, [&](std::size_t k, const InequalityBlock& block, int first) {
    double* h = hessian_[k].data() + block.first * qp.nu + block.first;
    for (int r = 0; r < block.rows; ++r) {
      const auto at = index(first + r);
      const double inverse = 1.0 / s.slack[k][at];
      const double weight = s.multiplier[k][at] * inverse;
      inverse_slack_[k][at] = inverse;
      const double* row = block.matrix[r];
      for (int j = 0; j < block.size; ++j) {
        const double scaled = weight * row[j];
        for (int i = j; i < block.size; ++i) h[j * qp.nu + i] += scaled * row[i];
      }
    }
  });
}

void InteriorPoint::set_barrier_gradient(const OcpQp& qp, const OcpQpSolution& s, double barrier,
                                         bool corrected) {
  for (auto& g : gradient_) std::fill(g.begin(), g.end(), 0.0);
  for_each_block(qp, [&](std::size_t k, const InequalityBlock& block, int first) {
    double* g = gradient_[k].data() + block.first;
    for (int r = 0; r < block.rows; ++r) {
      const auto at = index(first + r);
      const double multiplier = s.multiplier[k][at];
      const double target =
          corrected ? barrier - slack_step_[k][at] * multiplier_step_[k][at] : barrier;
      const double pull =
          inverse_slack_[k][at] * (target - multiplier * block.offset[r]) + multiplier;
      for (int j = 0; j < block.size; ++j) g[j] -= pull * block.matrix[r][j];
    }
  });
}

double InteriorPoint::slack_steps(const OcpQp& qp, const OcpQpSolution& s, double barrier,
                                  bool corrected, double gap, double* reached) {
  // The largest step is 1 / the largest relative decrease, which needs no division per row.
  double decrease = 1.0, linear = 0.0, square = 0.0;
  for_each_block(qp, [&](std::size_t k, const InequalityBlock& block, int first) {
    const double* z = z_[k].data();
    for (int r = 0; r < block.rows; ++r) {
      const auto at = index(first + r);
      const double slack = s.slack[k][at], multiplier = s.multiplier[k][at];
      const double inverse = inverse_slack_[k][at];
      const double target =
          corrected ? barrier - slack_step_[k][at] * multiplier_step_[k][at] : barrier;
      const double ds = row_value(block, r, z) - slack;
      const double dm = inverse * (target - multiplier * ds) - multiplier;
      slack_step_[k][at] = ds;
      multiplier_step_[k][at] = dm;
      decrease = std::max(decrease, -ds * inverse);
      if (-dm > decrease * multiplier) decrease = -dm / multiplier;
      linear += slack * dm + multiplier * ds;
      square += ds * dm;
    }
  });
  const double step = 1.0 / decrease;
  if (reached != nullptr) *reached = gap + step * (linear + step * square);
  return step;
}

InteriorPointResult InteriorPoint::solve(const OcpQp& qp, const InteriorPointOptions& options,
                                         OcpQpSolution& s) {
  InteriorPointResult result;
  start(qp, options, s);
  double unreduced = 1.0, gap = 0.0, worst = 0.0;
  int count = 0;
  const auto measure_gap = [&](double step) {
    gap = worst = 0.0;
    count = 0;
    for_each_block(qp, [&](std::size_t k, const InequalityBlock& block, int first) {
      for (int r = 0; r < block.rows; ++r, ++count) {
        const auto at = index(first + r);
        const double slack = s.slack[k][at] += step * slack_step_[k][at];
        const double multiplier = s.multiplier[k][at] += step * multiplier_step_[k][at];
        gap += slack * multiplier;
        worst = std::max(worst, slack * multiplier);
      }
    });
  };
  measure_gap(0.0);
  for (result.iterations = 1; result.iterations <= options.iterations; ++result.iterations) {
    if (result.iterations > 1 && options.deadline > 0.0 && thread_time() > options.deadline) {
      result.out_of_time = true;
      --result.iterations;
      break;
    }
    add_barrier_hessian(qp, s);
    if (!riccati_.factor(qp, hessian_)) {
      result.finite = false;
      return result;
    }
    double barrier = 0.0;
    if (count > 0) {
      set_barrier_gradient(qp, s, 0.0, false);
      riccati_.solve(qp, gradient_, z_, x_end_);
      double reached = 0.0;
      slack_steps(qp, s, 0.0, false, gap, &reached);
      const double ratio = reached / gap;
      barrier =
          std::max(gap / count * ratio * ratio * ratio, 0.1 * options.tolerance * options.scale);
    }
    set_barrier_gradient(qp, s, barrier, count > 0);
    riccati_.solve(qp, gradient_, z_, x_end_);
    double step = slack_steps(qp, s, barrier, count > 0, gap, nullptr);
    step = step < 1.0 ? 0.995 * step : 1.0;
    unreduced *= 1.0 - step;
    for (std::size_t k = 0; k < s.z.size(); ++k)
      for (std::size_t i = 0; i < s.z[k].size(); ++i) s.z[k][i] += step * (z_[k][i] - s.z[k][i]);
    for (std::size_t i = 0; i < s.x_end.size(); ++i) s.x_end[i] += step * (x_end_[i] - s.x_end[i]);
    measure_gap(step);
    if (!std::isfinite(gap) || !std::isfinite(s.x_end[0])) {
      result.finite = false;
      return result;
    }
    if (unreduced <= options.tolerance && worst <= options.tolerance * options.scale) {
      result.converged = true;
      break;
    }
  }
  result.iterations = std::min(result.iterations, options.iterations);
  residuals(qp, s, options, result);
  return result;
}

void InteriorPoint::residuals(const OcpQp& qp, const OcpQpSolution& s,
                              const InteriorPointOptions& options, InteriorPointResult& result) {
  const int nx = qp.nx, nu = qp.nu, nz = qp.nz;
  for (int i = 0; i < nx; ++i) {
    double sum = qp.terminal_g[index(i)];
    for (int j = 0; j < nx; ++j) sum += qp.terminal_H[index(j * nx + i)] * s.x_end[index(j)];
    costate_[index(i)] = sum;
  }
  double stationarity = 0.0, size = 1e-9;
  for (int k = qp.N - 1; k >= 0; --k) {
    const auto& stage = qp.stages[index(k)];
    const double* z = s.z[index(k)].data();
    double* __restrict h = scratch_.data();
    for (int i = 0; i < nz; ++i) h[i] = stage.g[index(i)];
    multiply_symmetric(nz, stage.H.data(), nz, z, h);
    multiply_transposed(nx, nz, stage.M.data(), nz, costate_.data(), h);
    for (int i = 0; i < nu; ++i) size = std::max(size, std::abs(stage.g[index(i)]));
    for (int b = 0; b < stage.block_count; ++b) {
      const auto& block = stage.blocks[index(b)];
      for (int r = 0; r < block.rows; ++r) {
        const double multiplier = s.multiplier[index(k)][index(b * kRows + r)];
        for (int j = 0; j < block.size; ++j) h[block.first + j] -= multiplier * block.matrix[r][j];
        result.complementarity =
            std::max(result.complementarity,
                     multiplier * s.slack[index(k)][index(b * kRows + r)] / options.scale);
        result.inequality = std::max(result.inequality, -row_value(block, r, z));
      }
    }
    for (int i = 0; i < nu; ++i) stationarity = std::max(stationarity, std::abs(h[i]));
    std::copy(h + nu, h + nz, costate_.begin());
  }
  result.stationarity = stationarity / size;
}

}  // namespace surefoot::mpc
