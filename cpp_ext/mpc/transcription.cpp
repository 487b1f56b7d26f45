#include "mpc/transcription.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "mpc/friction.hpp"
#include "mpc/soft_friction.hpp"

namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;
}  // namespace

Transcription::Transcription(const RobotDescription& description, const Weights& weights,
                             const Eigen::VectorXd& posture)
    : dynamics_(description),
      weights_(weights),
      equality_rows_(dynamics_.layout().nf),
      terms_(dynamics_.tree().make_terms()),
      scratch_(dynamics_.tree().make_terms()),
      projection_(equality_rows_, layout().n, layout().nx, weights.singular_tolerance) {
  const Layout& l = layout();
  jacobian_.assign(index(padded(l.nx) * l.stride), 0.0);
  equality_.assign(index(equality_rows_ * l.stride), 0.0);
  rhs_.assign(index(equality_rows_), 0.0);
  contact_axes_.resize(index(l.nc));
  rows_.assign(index(6 * l.stride), 0.0);
  next_.assign(index(l.nstate), 0.0);
  tangent_.assign(index(padded(l.nx)), 0.0);
  // Joint velocities are weighed by the contact velocities that they cause in the given posture.
  const int np = padded(l.n);
  velocity_weight_.assign(index(np * np), 0.0);
  dynamics_.tree().positions(Matrix3d::Identity(), posture.data(), terms_);
  for (int c = 0; c < l.nc; ++c) {
    const auto& chain = dynamics_.tree().chain(c);
    const auto& point = terms_.points[index(c)];
    for (std::size_t i = 0; i < chain.size(); ++i)
      for (std::size_t j = 0; j < chain.size(); ++j)
        velocity_weight_[index(chain[i] * np + chain[j])] +=
            weights.foot_velocity * point.jacobian[i].dot(point.jacobian[j]);
    // Without this a swinging sole would turn about itself at no cost.
    if (dynamics_.tree().contact(c).size() < 6) continue;
    for (std::size_t i = 0; i < chain.size(); ++i)
      for (std::size_t j = 0; j < chain.size(); ++j)
        velocity_weight_[index(chain[i] * np + chain[j])] +=
            weights.foot_turn * point.jacobian_angular[i].dot(point.jacobian_angular[j]);
  }
  for (int i = 0; i < l.n; ++i) velocity_weight_[index(i * np + i)] += weights.joint_velocity;
  contacts_to_joints_ = Eigen::MatrixXd::Zero(l.n, 3 * l.nc);
  for (int c = 0; c < l.nc; ++c)
    for (std::size_t i = 0; i < dynamics_.tree().chain(c).size(); ++i)
      contacts_to_joints_.block<1, 3>(dynamics_.tree().chain(c)[i], 3 * c) =
          weights.foot_velocity * terms_.points[index(c)].jacobian[i].transpose();
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const RowMajor weight = Eigen::Map<RowMajor>(velocity_weight_.data(), np, np);
  contacts_to_joints_ =
      weight.topLeftCorner(l.n, l.n).ldlt().solve(Eigen::MatrixXd(contacts_to_joints_));
}

void Transcription::joint_velocities(const double* contact_velocities,
                                     double* joint_velocities) const {
  Eigen::Map<Eigen::VectorXd>(joint_velocities, layout().n).noalias() =
      contacts_to_joints_ * Eigen::Map<const Eigen::VectorXd>(contact_velocities, 3 * layout().nc);
}

void Transcription::resize(const OcpQp& qp) {
  const Layout& l = layout();
  const int nz = qp.nz;
  product_.assign(index(padded(l.n) * nz), 0.0);
  eliminations_.assign(qp.stages.size(), {std::vector<double>(index(padded(l.n) * nz), 0.0),
                                          std::vector<double>(index(l.n), 0.0)});
}

int Transcription::equality_constraints(const Interval& interval, const double* x,
                                        const TreeTerms& terms, bool rows) {
  const Layout& l = layout();
  const int stride = l.stride;
  int m = 0;
  for (int c = 0; c < l.nc; ++c) {
    const auto& task = interval.contacts[index(c)];
    const auto& point = terms.points[index(c)];
    const Vector3d velocity = ConstMap3(x) + point.velocity;
    const Vector3d position = ConstMap3(x + 6) + point.position;
    // A height error asks for a velocity along the normal; tangential velocity is zero in stance.
    const double error = task.normal.dot(position) - task.height;
    const double wanted = task.velocity - task.gain * error;
    if (rows) {
      dynamics_.point_velocity_rows(terms, x, c, rows_.data());
      if (task.gain > 0.0) {
        double* place = rows_.data() + 3 * stride;
        dynamics_.point_position_rows(terms, c, place);
        for (int j = 0; j < stride; ++j) {
          const double along = task.normal.x() * place[j] + task.normal.y() * place[stride + j] +
                               task.normal.z() * place[2 * stride + j];
          for (int i = 0; i < 3; ++i)
            rows_[index(i * stride + j)] += task.gain * task.normal[i] * along;
        }
      }
    }
    if (task.stance) {
      for (int i = 0; i < 3; ++i) rhs_[index(m + i)] = velocity[i] - task.normal[i] * wanted;
      if (rows)
        std::copy(rows_.begin(), rows_.begin() + 3 * stride, equality_.begin() + m * stride);
      m += 3;
      if (dynamics_.tree().contact(c).size() == 6) {
        for (int i = 0; i < 3; ++i) rhs_[index(m + i)] = point.angular_velocity[i];
        if (rows) dynamics_.point_angular_rows(terms, x, c, equality_.data() + m * stride);
        m += 3;
      }
    } else {
      rhs_[index(m)] = task.normal.dot(velocity) - wanted;
      if (rows) {
        double* out = equality_.data() + m * stride;
        for (int j = 0; j < stride; ++j)
          out[j] = task.normal.x() * rows_[index(j)] + task.normal.y() * rows_[index(stride + j)] +
                   task.normal.z() * rows_[index(2 * stride + j)];
      }
      ++m;
    }
  }
  return m;
}

void Transcription::state_cost(const double* x, const double* reference, double scale, double* H,
                               int stride, double* g) {
  const Layout& l = layout();
  subtract_states(l, x, reference, tangent_.data());
  // Vector weights are given along the reference's heading axes.
  const Matrix3d turn = orientation(reference).toRotationMatrix();
  const double yaw = std::atan2(turn(1, 0), turn(0, 0));
  Matrix3d heading;
  heading << std::cos(yaw), -std::sin(yaw), 0.0, std::sin(yaw), std::cos(yaw), 0.0, 0.0, 0.0, 1.0;
  const Vector3d* weights[4] = {&weights_.momentum_linear, &weights_.momentum_angular,
                                &weights_.base_position, &weights_.base_orientation};
  for (int b = 0; b < 4; ++b) {
    const Vector3d error = ConstMap3(tangent_.data() + 3 * b);
    Matrix3d block = scale * heading * weights[b]->asDiagonal() * heading.transpose();
    Vector3d gradient = block * error;
    if (b == 3) {
      const Matrix3d inverse = inverse_left_jacobian(error);
      gradient = inverse.transpose() * gradient;
      block = inverse.transpose() * block * inverse;
    }
    for (int j = 0; j < 3; ++j) {
      g[3 * b + j] += gradient[j];
      for (int i = 0; i < 3; ++i) H[(3 * b + j) * stride + 3 * b + i] += block(i, j);
    }
  }
  for (int i = 12; i < l.nx; ++i) {
    g[i] += scale * weights_.joint_position * tangent_[index(i)];
    H[i * stride + i] += scale * weights_.joint_position;
  }
}

void Transcription::foothold_cost(const Interval& interval, const double* x, double scale,
                                  double* H, int stride, double* g) {
  const Layout& l = layout();
  const double weight = scale * weights_.foothold;
  for (int c = 0; c < l.nc; ++c) {
    const auto& task = interval.contacts[index(c)];
    if (task.stance) continue;
    const auto& point = terms_.points[index(c)];
    const auto& chain = dynamics_.tree().chain(c);
    for (int axis = 0; axis < 2; ++axis) {
      // Row of the foot position's Jacobian: base position, orientation, joints of the leg.
      double value[64];
      int column[64], count = 0;
      const auto add = [&](int at, double v) {
        column[count] = at;
        value[count++] = v;
      };
      add(Layout::kPosition + axis, 1.0);
      const Vector3d turn = point.position.cross(Vector3d::Unit(axis));
      for (int i = 0; i < 3; ++i) add(Layout::kOrientation + i, turn[i]);
      for (std::size_t j = 0; j < chain.size(); ++j)
        add(Layout::kJoints + chain[j], point.jacobian[j][axis]);
      const double error = x[6 + axis] + point.position[axis] - task.target[axis];
      for (int j = 0; j < count; ++j) {
        g[column[j]] += weight * error * value[j];
        for (int i = 0; i < count; ++i)
          H[column[j] * stride + column[i]] += weight * value[i] * value[j];
      }
    }
  }
}

void Transcription::input_cost(const Interval& interval, const double* u, int used, int k,
                               OcpQp& qp) {
  const Layout& l = layout();
  auto& stage = qp.stages[index(k)];
  const auto& elimination = eliminations_[index(k)];
  const int nz = qp.nz, n = l.n, np = padded(n);
  double* H = stage.H.data();
  double* g = stage.g.data();
  // Joint velocities: W map, then H += map' W map, g += map' W (v + offset - v_ref).
  const double* map = elimination.map.data();
  multiply<Update::kSet>(nz, np, n, map, nz, velocity_weight_.data(), 1, np, product_.data(), nz);
  for (double& value : product_) value *= interval.dt;
  multiply<Update::kSet>(nz, nz, n, map, nz, product_.data(), nz, 1, H, nz, true);
  for (int i = 0; i < n; ++i) {
    const double error =
        u[l.nf + i] + elimination.offset[index(i)] - interval.input_reference[index(l.nf + i)];
    const double* row = product_.data() + i * nz;
    for (int j = 0; j < nz; ++j) g[j] += error * row[j];
  }
  int at = 0;
  for (int c = 0; c < l.nc; ++c) {
    if (!interval.contacts[index(c)].stance) continue;
    const auto& contact = dynamics_.tree().contact(c);
    if (weights_.soft_friction)
      soft_friction(contact, contact_axes_[index(c)],
                    {weights_.barrier_weight, weights_.barrier_relaxation},
                    weights_.barrier_smoothing, interval.dt, u + l.force[index(c)], g + at,
                    H + at * nz + at, nz);
    for (int i = 0; i < contact.size(); ++i, ++at) {
      const double weight = interval.dt * (i < 3 ? weights_.force : weights_.moment);
      const int component = l.force[index(c)] + i;
      H[at * nz + at] += weight;
      g[at] += weight * (u[component] - interval.input_reference[index(component)]);
    }
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
  const int m = equality_constraints(interval, x, terms_, true);
  for (int i = 0; i < m; ++i)
    violations.equality = std::max(violations.equality, std::abs(rhs_[index(i)]));
  const auto before = std::chrono::steady_clock::now();
  projection_.compute(m, equality_.data() + l.velocity_column(), equality_.data(), stride,
                      rhs_.data());
  projecting_ += std::chrono::steady_clock::now() - before;
  violations.damped += projection_.damped();

  // z = [stance forces, free joint velocities, padding | dx]
  int used = 0;
  stage.block_count = 0;
  const double unit = dynamics_.tree().mass() * 9.81;
  double* M = stage.M.data();
  for (int i = 0; i < nx; ++i) {
    std::fill(M + i * nz, M + i * nz + nup, 0.0);
    std::copy(jacobian_.data() + i * stride, jacobian_.data() + i * stride + nx, M + i * nz + nup);
  }
  for (int c = 0; c < l.nc; ++c) {
    const auto& task = interval.contacts[index(c)];
    if (!task.stance) continue;
    const auto& contact = dynamics_.tree().contact(c);
    const int component = l.force[index(c)];
    // A rectangle turns with its foot; a point's pyramid keeps to the world.
    Vector3d along = Vector3d::UnitX();
    if (contact.size() == 6) along = terms_.points[index(c)].rotation.col(0);
    const Matrix3d axes = contact_axes(task.normal, along);
    if (weights_.soft_friction) {
      contact_axes_[index(c)] = axes;
    } else {
      auto& block = stage.blocks[index(stage.block_count++)];
      block.first = used;
      contact_inequalities(contact, axes, weights_.force_min, weights_.force_max, unit,
                           u + component, block);
    }
    for (int i = 0; i < nx; ++i)
      for (int j = 0; j < contact.size(); ++j)
        M[i * nz + used + j] = jacobian_[index(i * stride + l.force_column() + component + j)];
    used += contact.size();
  }
  // Rows that were dropped would free more velocities than there is room for: these stay.
  const int free = std::min(projection_.free(), nup - used);
  double* map = elimination.map.data();
  for (int i = 0; i < n; ++i) {
    double* row = map + i * nz;
    std::fill(row, row + nup, 0.0);
    std::copy(projection_.basis(i), projection_.basis(i) + free, row + used);
    std::copy(projection_.feedback(i), projection_.feedback(i) + nx, row + nup);
    elimination.offset[index(i)] = projection_.offset(i);
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
  for (int i = 0; i < nx; ++i) {
    double value = tangent_[index(i)];
    violations.dynamics = std::max(violations.dynamics, std::abs(value));
    if (i < 12)
      for (int j = 0; j < n; ++j)
        value += jacobian_[index(i * stride + vc + j)] * elimination.offset[index(j)];
    else
      value += interval.dt * elimination.offset[index(i - 12)];
    stage.b[index(i)] = value;
  }

  std::fill(stage.g.begin(), stage.g.end(), 0.0);
  input_cost(interval, u, used, k, qp);  // first: it overwrites H
  double* Hxx = stage.H.data() + nup * nz + nup;
  state_cost(x, interval.state_reference.data(), interval.dt, Hxx, nz, stage.g.data() + nup);
  foothold_cost(interval, x, interval.dt, Hxx, nz, stage.g.data() + nup);
}

double Transcription::projection_share() const {
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - started_;
  return std::chrono::duration<double>(projecting_).count() / all.count();
}

void Transcription::terminal(const double* x, const double* reference, OcpQp& qp) {
  std::fill(qp.terminal_H.begin(), qp.terminal_H.end(), 0.0);
  std::fill(qp.terminal_g.begin(), qp.terminal_g.end(), 0.0);
  state_cost(x, reference, weights_.terminal, qp.terminal_H.data(), qp.nx, qp.terminal_g.data());
}

void Transcription::measure(const Interval& interval, const double* x, const double* u,
                            const double* x_next, Violations& violations) {
  dynamics_.step(x, u, interval.dt, terms_, scratch_, next_.data());
  const int m = equality_constraints(interval, x, terms_, false);
  for (int i = 0; i < m; ++i)
    violations.equality = std::max(violations.equality, std::abs(rhs_[index(i)]));
  subtract_states(layout(), next_.data(), x_next, tangent_.data());
  for (int i = 0; i < layout().nx; ++i) {
    const double size = std::abs(tangent_[index(i)]);
    // A comparison that also lets a NaN through to the caller.
    if (!(size <= violations.dynamics)) violations.dynamics = size;
  }
}

void Transcription::base_velocity(const double* x, double* velocity) const {
  for (int i = 0; i < 3; ++i) {
    velocity[i] = x[i] + terms_.base_velocity[i];
    velocity[3 + i] = terms_.omega[i];
  }
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
