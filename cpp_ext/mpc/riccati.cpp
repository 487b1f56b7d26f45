#include "mpc/riccati.hpp"

#include <algorithm>
#include <cmath>

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
}  // namespace

Riccati::Riccati(const OcpQp& qp)
    : factor_(qp.stages.size(), std::vector<double>(index(qp.nz * qp.nz), 0.0)),
      p_b_(qp.stages.size(), std::vector<double>(index(qp.nx), 0.0)),
      reduced_(qp.stages.size(), std::vector<double>(index(qp.nu), 0.0)),
      P_(index(qp.nx * qp.nx), 0.0),
      W_(index(qp.nx * qp.nz), 0.0),
      p_(index(qp.nx), 0.0),
      p_next_(index(qp.nz), 0.0) {}

bool Riccati::factor(const OcpQp& qp, const std::vector<std::vector<double>>& input_hessian) {
  const int nx = qp.nx, nu = qp.nu, nz = qp.nz;
  P_ = qp.terminal_H;
  for (int k = qp.N - 1; k >= 0; --k) {
    const auto& stage = qp.stages[index(k)];
    double* L = factor_[index(k)].data();
    double* pb = p_b_[index(k)].data();
    std::fill(pb, pb + nx, 0.0);
    multiply_transposed(nx, nx, P_.data(), nx, stage.b.data(), pb);
    multiply<Update::kSet>(nx, nz, nx, P_.data(), nx, stage.M.data(), nz, 1, W_.data(), nx);
    multiply_add(nz, nx, stage.M.data(), nz, W_.data(), 1, nx, stage.H.data(), L, nz);
    const double* extra = input_hessian[index(k)].data();
    for (int j = 0; j < nu; ++j)
      for (int i = j; i < nu; ++i) L[j * nz + i] += extra[j * nu + i];
    if (!partial_cholesky(L, nz, nz, nu)) return false;
    double* corner = L + nu * nz + nu;
    multiply<Update::kSubtract>(nx, nx, nu, L + nu, nz, L + nu, nz, 1, corner, nz, true);
    for (int j = 0; j < nx; ++j)
      for (int i = j; i < nx; ++i)
        P_[index(j * nx + i)] = P_[index(i * nx + j)] = corner[j * nz + i];
  }
  return true;
}

void Riccati::solve(const OcpQp& qp, const std::vector<std::vector<double>>& input_gradient,
                    std::vector<std::vector<double>>& z, std::vector<double>& x_end) {
  const int nx = qp.nx, nu = qp.nu, nz = qp.nz;
  p_ = qp.terminal_g;
  for (int k = qp.N - 1; k >= 0; --k) {
    const auto& stage = qp.stages[index(k)];
    const double* L = factor_[index(k)].data();
    double* __restrict h = p_next_.data();
    for (int i = 0; i < nz; ++i) h[i] = stage.g[index(i)];
    for (int i = 0; i < nu; ++i) h[i] += input_gradient[index(k)][index(i)];
    for (int j = 0; j < nx; ++j) p_[index(j)] += p_b_[index(k)][index(j)];
    multiply_transposed(nx, nz, stage.M.data(), nz, p_.data(), h);
    for (int j = 0; j < nu; ++j) {
      const double* __restrict column = L + j * nz;
      h[j] /= column[j];
      const double value = h[j];
      for (int i = j + 1; i < nz; ++i) h[i] -= value * column[i];
    }
    std::copy(h, h + nu, reduced_[index(k)].begin());
    std::copy(h + nu, h + nz, p_.begin());
  }
  double* x = p_.data();
  std::copy(qp.dx0.begin(), qp.dx0.end(), x);
  for (int k = 0; k < qp.N; ++k) {
    const auto& stage = qp.stages[index(k)];
    const double* L = factor_[index(k)].data();
    double* zk = z[index(k)].data();
    std::copy(x, x + nx, zk + nu);
    for (int j = nu - 1; j >= 0; --j) {
      const double* column = L + j * nz;
      double sum = reduced_[index(k)][index(j)] + dot(nx, column + nu, zk + nu);
      for (int i = j + 1; i < nu; ++i) sum += column[i] * zk[i];
      zk[j] = -sum / column[j];
    }
    double* next = k + 1 < qp.N ? x : x_end.data();
    multiply_vector(nx, nz, stage.M.data(), nz, zk, stage.b.data(), next);
  }
}

void Riccati::gain(const OcpQp& qp, int stage, double* gain) const {
  const int nx = qp.nx, nu = qp.nu, nz = qp.nz;
  const double* L = factor_[index(stage)].data();
  for (int j = nu - 1; j >= 0; --j) {
    double* __restrict row = gain + j * nx;
    const double* column = L + j * nz;
    for (int i = 0; i < nx; ++i) row[i] = -column[nu + i];
    for (int l = j + 1; l < nu; ++l) {
      const double value = column[l];
      const double* __restrict other = gain + l * nx;
      for (int i = 0; i < nx; ++i) row[i] -= value * other[i];
    }
    const double scale = 1.0 / column[j];
    for (int i = 0; i < nx; ++i) row[i] *= scale;
  }
}

}  // namespace surefoot::mpc
