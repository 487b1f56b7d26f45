#include "mpc/transcription.hpp"

#include <algorithm>
#include <cmath>

#include "mpc/terms/standard_terms.hpp"

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;

int equality_capacity(const Terms& terms, const CentroidalDynamics& dynamics) {
  int rows = 0;
  for (const auto& term : terms.equalities) rows += term->capacity(dynamics);
  return rows;
}
}  // namespace

Transcription::Transcription(const RobotDescription& description, const Weights& weights,
                             const Eigen::VectorXd& posture)
    : dynamics_(description),
      weights_(weights),
      velocity_weight_(dynamics_, weights, posture),
      list_(standard_terms(description, dynamics_, weights_, velocity_weight_)),
      terms_(dynamics_.tree().make_terms()),
      scratch_(dynamics_.tree().make_terms()),
      projection_(equality_capacity(list_, dynamics_), layout().n, layout().nx,
                  weights.singular_tolerance) {
  const Layout& l = layout();
  const int rows = equality_capacity(list_, dynamics_), np = padded(l.n);
  jacobian_.assign(index(padded(l.nx) * l.stride), 0.0);
  equality_.assign(index(rows * l.stride), 0.0);
  rhs_.assign(index(padded(rows)), 0.0);
  next_.assign(index(l.nstate), 0.0);
  tangent_.assign(index(padded(l.nx)), 0.0);
  velocity_H_.assign(index(np * np), 0.0);
  velocity_g_.assign(index(np), 0.0);
  drift_.assign(index(l.n), 0.0);
  force_at_.assign(index(l.nc), -1);
}

void Transcription::set_weights(const NmpcWeights& weights) {
  static_cast<NmpcWeights&>(weights_) = weights;
  velocity_weight_.set(weights);
}

int Transcription::block_capacity() const {
  int blocks = 0;
  for (const auto& term : list_.inequalities) blocks += term->capacity(dynamics_);
  return blocks;
}

void Transcription::resize(const OcpQp& qp) {
  const Layout& l = layout();
  const int nz = qp.nz;
  product_.assign(index(padded(l.n) * nz), 0.0);
  const auto n = index(l.n);
  eliminations_.assign(
      qp.stages.size(),
      {std::vector<double>(index(padded(l.n) * nz), 0.0), std::vector<double>(n, 0.0),
       std::vector<double>(n * index(projection_.most_rows()), 0.0)});
}

StagePoint Transcription::point(const Interval& interval, const double* x, const double* u) const {
  return {dynamics_,
          terms_,
          x,
          interval.state_reference.data(),
          u,
          interval.input_reference.data(),
          interval.contacts.data()};
}

StagePoint Transcription::evaluate(const Interval& interval, const double* x, const double* u) {
  dynamics_.evaluate(x, u, terms_, true);
  return point(interval, x, u);
}

int Transcription::equality_constraints(const StagePoint& point, bool rows) {
  int m = 0;
  for (const auto& term : list_.equalities)
    m += term->evaluate(point, rhs_.data() + m,
                        rows ? equality_.data() + m * layout().stride : nullptr);
  std::fill(rhs_.begin() + m, rhs_.end(), 0.0);
  return m;
}

int Transcription::place_forces(const Interval& interval) {
  int used = 0;
  for (int c = 0; c < layout().nc; ++c) {
    const bool stance = interval.contacts[index(c)].stance;
    force_at_[index(c)] = stance ? used : -1;
    if (stance) used += dynamics_.tree().contact(c).size();
  }
  return used;
}

void Transcription::add_costs(const StagePoint& point, double dt, int used, int k, OcpQp& qp) {
  auto& stage = qp.stages[index(k)];
  const auto& elimination = eliminations_[index(k)];
  const int nz = qp.nz, n = layout().n, np = padded(n);
  double* H = stage.H.data();
  double* g = stage.g.data();
  std::fill(stage.H.begin(), stage.H.end(), 0.0);
  std::fill(stage.g.begin(), stage.g.end(), 0.0);
  std::fill(velocity_H_.begin(), velocity_H_.end(), 0.0);
  std::fill(velocity_g_.begin(), velocity_g_.end(), 0.0);
  StageCost cost{H, g, nz, qp.nu, force_at_.data(), velocity_H_.data(), velocity_g_.data()};
  for (const auto& term : list_.costs) term->add(point, dt, cost);
  // dv = map z + offset: H += map' W map, g += map' (g_v + W offset).
  const double* map = elimination.map.data();
  multiply<Update::kSet>(nz, np, n, map, nz, velocity_H_.data(), 1, np, product_.data(), nz);
  multiply<Update::kAdd>(nz, nz, n, map, nz, product_.data(), nz, 1, H, nz, true);
  for (int i = 0; i < n; ++i) {
    const double offset = elimination.offset[index(i)], slope = velocity_g_[index(i)];
    const double* row = product_.data() + i * nz;
    const double* by = map + i * nz;
    for (int j = 0; j < nz; ++j) g[j] += offset * row[j] + slope * by[j];
  }
  for (int i = used; i < qp.nu; ++i) H[i * nz + i] = 1.0;  // padding: these inputs stay zero
}

void Transcription::linearize(const Interval& interval, const double* x, const double* u,
                              const double* x_next, int k, OcpQp& qp, Violations& violations) {
  const Layout& l = layout();
  auto& stage = qp.stages[index(k)];
  auto& elimination = eliminations_[index(k)];
  const int nz = qp.nz, nup = qp.nu, nx = l.nx, n = l.n, stride = l.stride;
  dynamics_.linearize(x, u, interval.dt, terms_, scratch_, next_.data(), jacobian_.data());
  const StagePoint at = point(interval, x, u);
  const int m = equality_constraints(at, true);
  const double equality = equality_error(m);
  const auto before = std::chrono::steady_clock::now();
  projection_.compute(m, equality_.data() + l.velocity_column(), equality_.data(), stride);
  projecting_ += std::chrono::steady_clock::now() - before;
  violations.damped += projection_.damped();

  // z = [stance forces, free joint velocities, padding | dx]
  int used = place_forces(interval);
  stage.block_count = 0;
  for (const auto& term : list_.inequalities) term->add(at, force_at_.data(), stage);
  double* M = stage.M.data();
  for (int i = 0; i < nx; ++i) {
    std::fill(M + i * nz, M + i * nz + nup, 0.0);
    std::copy(jacobian_.data() + i * stride, jacobian_.data() + i * stride + nx, M + i * nz + nup);
  }
  for (int c = 0; c < l.nc; ++c) {
    const int first = force_at_[index(c)];
    if (first < 0) continue;
    const int from = l.force_column() + l.force[index(c)];
    for (int i = 0; i < nx; ++i)
      for (int j = 0; j < dynamics_.tree().contact(c).size(); ++j)
        M[i * nz + first + j] = jacobian_[index(i * stride + from + j)];
  }
  // Rows that were dropped would free more velocities than there is room for: these stay.
  const int free = std::min(projection_.free(), nup - used);
  double* map = elimination.map.data();
  for (int i = 0; i < n; ++i) {
    double* row = map + i * nz;
    std::fill(row, row + nup, 0.0);
    std::copy(projection_.basis(i), projection_.basis(i) + free, row + used);
    std::copy(projection_.feedback(i), projection_.feedback(i) + nx, row + nup);
    double* inverse = elimination.inverse.data() + i * projection_.most_rows();
    std::copy_n(projection_.inverse(i), projection_.most_rows(), inverse);
    elimination.offset[index(i)] = dot(projection_.most_rows(), inverse, rhs_.data());
  }
  used += free;
  // Momentum, position and orientation rows take B_v * map; joint rows dt * map.
  const int vc = l.velocity_column();
  multiply<Update::kAdd>(nz, 12, n, map, nz, jacobian_.data() + vc, 1, stride, M, nz);
  for (int i = 0; i < n; ++i) {
    double* row = M + (12 + i) * nz;
    for (int j = 0; j < nz; ++j) row[j] += interval.dt * map[i * nz + j];
  }
  subtract_states(l, next_.data(), x_next, tangent_.data());
  // The defect lives in the tangent at x_next: derivatives of the logarithm are taken there.
  const Vector3d turn_defect = ConstMap3(tangent_.data() + 9);
  if (turn_defect.squaredNorm() > 1e-16) {
    const Matrix3d log_derivative = inverse_left_jacobian(turn_defect);
    for (int j = 0; j < nz; ++j) {
      const Vector3d column(M[9 * nz + j], M[10 * nz + j], M[11 * nz + j]);
      const Vector3d turned = log_derivative * column;
      for (int i = 0; i < 3; ++i) M[(9 + i) * nz + j] = turned[i];
    }
  }
  note(equality, relative_size(tangent_.data()), violations);
  for (int i = 0; i < nx; ++i) {
    double value = tangent_[index(i)];
    if (i < 12)
      for (int j = 0; j < n; ++j)
        value += jacobian_[index(i * stride + vc + j)] * elimination.offset[index(j)];
    else
      value += interval.dt * elimination.offset[index(i - 12)];
    stage.b[index(i)] = value;
  }

  add_costs(at, interval.dt, used, k, qp);
}

double Transcription::projection_share() const {
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - started_;
  return std::chrono::duration<double>(projecting_).count() / all.count();
}

void Transcription::terminal(const double* x, const double* reference, OcpQp& qp) {
  std::fill(qp.terminal_H.begin(), qp.terminal_H.end(), 0.0);
  std::fill(qp.terminal_g.begin(), qp.terminal_g.end(), 0.0);
  dynamics_.tree().positions(orientation(x).toRotationMatrix(), x + 13, terms_);
  const StagePoint end{dynamics_, terms_, x, reference};
  StageCost cost{qp.terminal_H.data(), qp.terminal_g.data(), qp.nx, 0};
  for (const auto& term : list_.costs)
    if (term->at_end()) term->add(end, weights_.terminal, cost);
}

void Transcription::expand(const Interval& interval, int k, const OcpQp& qp, const double* z,
                           double* u) const {
  const Layout& l = dynamics_.layout();
  int at = 0;
  for (int c = 0; c < l.nc; ++c) {
    double* force = u + l.force[index(c)];
    const int size = dynamics_.tree().contact(c).size();
    if (!interval.contacts[index(c)].stance) {
      std::fill(force, force + size, 0.0);
      continue;
    }
    for (int i = 0; i < size; ++i) force[i] += z[at++];
  }
  const auto& elimination = eliminations_[index(k)];
  for (int i = 0; i < l.n; ++i) {
    const double* row = elimination.map.data() + i * qp.nz;
    u[l.nf + i] += elimination.offset[index(i)] + dot(qp.nz, row, z);
  }
}

void Transcription::expand_gain(const Interval& interval, int k, const OcpQp& qp,
                                const double* projected, double* gain) const {
  const Layout& l = dynamics_.layout();
  const int nx = l.nx;
  std::fill(gain, gain + l.nu * nx, 0.0);
  int at = 0;
  for (int c = 0; c < l.nc; ++c) {
    if (!interval.contacts[index(c)].stance) continue;
    for (int i = 0; i < dynamics_.tree().contact(c).size(); ++i, ++at)
      std::copy(projected + at * qp.nx, projected + at * qp.nx + nx,
                gain + (l.force[index(c)] + i) * nx);
  }
  const auto& elimination = eliminations_[index(k)];
  for (int i = 0; i < l.n; ++i) {
    const double* row = elimination.map.data() + i * qp.nz;
    double* out = gain + (l.nf + i) * nx;
    std::copy(row + qp.nu, row + qp.nu + nx, out);
    for (int j = at; j < qp.nu; ++j) {
      const double value = row[j];
      if (value == 0.0) continue;
      for (int c = 0; c < nx; ++c) out[c] += value * projected[j * qp.nx + c];
    }
  }
}

}  // namespace surefoot::mpc
