#include "mpc/centroidal_dynamics.hpp"

#include <algorithm>

#include "mpc/dense_kernels.hpp"

namespace surefoot::mpc {
namespace {

using Map3 = Eigen::Map<Vector3d>;
using ConstMap3 = Eigen::Map<const Vector3d>;
constexpr double kGravity = 9.81;

void set_column(double* rows, int stride, int column, const Vector3d& value) {
  rows[column] = value.x();
  rows[stride + column] = value.y();
  rows[2 * stride + column] = value.z();
}

void set_block(double* rows, int stride, int column, const Matrix3d& value) {
  for (int j = 0; j < 3; ++j) set_column(rows, stride, column + j, value.col(j));
}

/// rows (3) += block * source rows (3), over `count` columns.
void add_product(const Matrix3d& block, const double* source, int stride, int count, double* rows) {
  for (int i = 0; i < 3; ++i) {
    const double a = block(i, 0), b = block(i, 1), c = block(i, 2);
    double* __restrict out = rows + i * stride;
    const double* __restrict s = source;
    for (int j = 0; j < count; ++j) out[j] += a * s[j] + b * s[stride + j] + c * s[2 * stride + j];
  }
}

}  // namespace

Layout::Layout(const TreeKinematics& tree) : n(tree.joints()), nc(tree.contacts()), nf(0) {
  for (int i = 0; i < nc; ++i) {
    force.push_back(nf);
    nf += tree.contact(i).size();
  }
  nx = 12 + n;
  nstate = 13 + n;
  nu = nf + n;
  stride = padded(nx + n + nf);
}

Quaterniond orientation(const double* state) { return {state[12], state[9], state[10], state[11]}; }

void add_tangent(const Layout& layout, const double* x, const double* dx, double* result) {
  for (int i = 0; i < 9; ++i) result[i] = x[i] + dx[i];
  Quaterniond q = exp_quaternion(ConstMap3(dx + 9)) * orientation(x);
  q.normalize();
  for (int i = 0; i < layout.n; ++i) result[13 + i] = x[13 + i] + dx[12 + i];
  result[9] = q.x(), result[10] = q.y(), result[11] = q.z(), result[12] = q.w();
}

void subtract_states(const Layout& layout, const double* a, const double* b, double* dx) {
  for (int i = 0; i < 9; ++i) dx[i] = a[i] - b[i];
  Map3{dx + 9} = log_quaternion(orientation(a) * orientation(b).conjugate());
  for (int i = 0; i < layout.n; ++i) dx[12 + i] = a[13 + i] - b[13 + i];
}

CentroidalDynamics::CentroidalDynamics(const RobotDescription& description)
    : tree_(description), layout_(tree_) {
  first_.assign(static_cast<std::size_t>(9 * layout_.stride), 0.0);
  second_ = first_;
  middle_.assign(static_cast<std::size_t>(12 * layout_.stride), 0.0);
}

void CentroidalDynamics::evaluate(const double* x, const double* u, TreeTerms& terms,
                                  bool derivatives) const {
  tree_.positions(orientation(x).toRotationMatrix(), x + 13, terms);
  tree_.velocities(ConstMap3(x + 3), u + layout_.nf, terms);
  if (derivatives) tree_.derivatives(terms);
}

void CentroidalDynamics::rate(const TreeTerms& terms, const double* x, const double* u,
                              double* xdot) const {
  Vector3d force = Vector3d::Zero(), moment = Vector3d::Zero();
  for (int i = 0; i < layout_.nc; ++i) {
    const double* f = u + layout_.force[static_cast<std::size_t>(i)];
    const ConstMap3 fi(f);
    force += fi;
    moment += terms.points[static_cast<std::size_t>(i)].arm.cross(fi);
    if (tree_.contact(i).size() == 6) moment += ConstMap3(f + 3);
  }
  Map3{xdot} = force / tree_.mass() - Vector3d(0.0, 0.0, kGravity);
  Map3{xdot + 3} = moment / tree_.mass();
  Map3{xdot + 6} = ConstMap3(x) + terms.base_velocity;
  Map3{xdot + 9} = terms.omega;
  for (int i = 0; i < layout_.n; ++i) xdot[12 + i] = u[layout_.nf + i];
}

void CentroidalDynamics::step(const double* x, const double* u, double dt, TreeTerms& terms,
                              TreeTerms& scratch, double* next) const {
  evaluate(x, u, terms, false);
  advance(terms, x, u, dt, scratch, next);
}

void CentroidalDynamics::advance(const TreeTerms& terms, const double* x, const double* u,
                                 double dt, TreeTerms& scratch, double* next) const {
  constexpr int kMost = 128;
  double f1[kMost], f2[kMost], middle[kMost];
  rate(terms, x, u, f1);
  for (int i = 0; i < layout_.nx; ++i) f2[i] = dt * f1[i];
  add_tangent(layout_, x, f2, middle);
  evaluate(middle, u, scratch, false);
  rate(scratch, middle, u, f2);
  for (int i = 0; i < layout_.nx; ++i) f1[i] = 0.5 * dt * (f1[i] + f2[i]);
  add_tangent(layout_, x, f1, next);
}

void CentroidalDynamics::rate_rows(const TreeTerms& terms, const double* x, const double* u,
                                   double* rows) const {
  const int stride = layout_.stride, vc = layout_.velocity_column(), fc = layout_.force_column();
  const double inverse_mass = 1.0 / tree_.mass();
  std::fill(rows, rows + 9 * stride, 0.0);
  double *momentum = rows, *position = rows + 3 * stride, *turning = rows + 6 * stride;

  Matrix3d turned = Matrix3d::Zero();
  Vector3d force = Vector3d::Zero();
  for (int i = 0; i < layout_.nc; ++i) {
    const auto ii = static_cast<std::size_t>(i);
    const double* f = u + layout_.force[ii];
    const auto& point = terms.points[ii];
    const Vector3d fi = inverse_mass * ConstMap3(f);
    force += fi;
    turned += point.arm * fi.transpose() - fi.dot(point.arm) * Matrix3d::Identity();
    const int column = fc + layout_.force[ii];
    set_block(momentum, stride, column, inverse_mass * skew(point.arm));
    if (tree_.contact(i).size() == 6)
      set_block(momentum, stride, column + 3, inverse_mass * Matrix3d::Identity());
    const auto& chain = tree_.chain(i);
    for (std::size_t j = 0; j < chain.size(); ++j) {
      const Vector3d lever = point.jacobian[j].cross(fi);
      double* column_start = momentum + Layout::kJoints + chain[j];
      for (int row = 0; row < 3; ++row) column_start[row * stride] += lever[row];
    }
  }
  // f x (arm x dtheta) = (arm f^T - (f . arm) I) dtheta
  set_block(momentum, stride, Layout::kOrientation, turned);

  const Matrix3d from_momentum = tree_.mass() * terms.inertia_inverse;
  const Matrix3d omega_orientation = from_momentum * skew(ConstMap3(x + 3)) - skew(terms.omega);
  const Matrix3d com = skew(terms.com);
  set_block(position, stride, 0, Matrix3d::Identity());
  set_block(position, stride, Layout::kAngular, com * from_momentum);
  set_block(position, stride, Layout::kOrientation,
            com * (from_momentum * skew(ConstMap3(x + 3))) - skew(terms.base_velocity));
  set_block(turning, stride, Layout::kAngular, from_momentum);
  set_block(turning, stride, Layout::kOrientation, omega_orientation);
  for (int k = 0; k < layout_.n; ++k) {
    const auto& t = terms.joints[static_cast<std::size_t>(k)];
    const Vector3d com_column = t.momentum * inverse_mass;
    const Vector3d lever = com_column.cross(force);
    double* column_start = momentum + Layout::kJoints + k;
    for (int row = 0; row < 3; ++row) column_start[row * stride] -= lever[row];
    set_column(position, stride, Layout::kJoints + k,
               terms.com.cross(t.omega_rate) - t.velocity_rate);
    set_column(turning, stride, Layout::kJoints + k, t.omega_rate);
    set_column(position, stride, vc + k, terms.com.cross(t.omega_joint) - com_column);
    set_column(turning, stride, vc + k, t.omega_joint);
  }
}

void CentroidalDynamics::linearize(const double* x, const double* u, double dt, TreeTerms& terms,
                                   TreeTerms& scratch, double* next, double* jacobian) {
  constexpr int kMost = 128;
  const int stride = layout_.stride, nx = layout_.nx, n = layout_.n;
  const int vc = layout_.velocity_column(), fc = layout_.force_column();
  const double inverse_mass = 1.0 / tree_.mass();
  double f1[kMost], f2[kMost], middle[kMost];
  evaluate(x, u, terms, true);
  rate(terms, x, u, f1);
  rate_rows(terms, x, u, first_.data());
  for (int i = 0; i < nx; ++i) f2[i] = dt * f1[i];
  add_tangent(layout_, x, f2, middle);
  evaluate(middle, u, scratch, true);
  rate(scratch, middle, u, f2);
  rate_rows(scratch, middle, u, second_.data());

  // Perturbation of the middle state: momentum (6 rows) and orientation (3); joints are trivial.
  const Vector3d turn = dt * ConstMap3(f1 + 9);
  double* m = middle_.data();
  std::fill(middle_.begin(), middle_.end(), 0.0);
  for (int i = 0; i < 3; ++i) {
    m[i * stride + i] = 1.0;
    for (int c = 0; c < layout_.nc; ++c)
      m[i * stride + fc + layout_.force[static_cast<std::size_t>(c)] + i] = dt * inverse_mass;
    double* row = m + (3 + i) * stride;
    for (int j = 0; j < stride; ++j) row[j] = dt * first_[static_cast<std::size_t>(i * stride + j)];
    row[Layout::kAngular + i] += 1.0;
  }
  double* turned = m + 6 * stride;
  add_product(dt * left_jacobian(turn), first_.data() + 6 * stride, stride, stride, turned);
  const Matrix3d rotation = exp_quaternion(turn).toRotationMatrix();
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) turned[i * stride + Layout::kOrientation + j] += rotation(i, j);

  // Sum of both stages' rates: the second through the chain rule.
  std::fill(jacobian, jacobian + nx * stride, 0.0);
  const double half = 0.5 * dt;
  for (int block = 0; block < 3; ++block) {
    double* rows = jacobian + (3 + 3 * block) * stride;
    const double* g1 = first_.data() + 3 * block * stride;
    const double* g2 = second_.data() + 3 * block * stride;
    Matrix3d by_angular, by_orientation;
    for (int i = 0; i < 3; ++i) {
      double* row = rows + i * stride;
      const double* a = g1 + i * stride;
      const double* b = g2 + i * stride;
      for (int j = 0; j < stride; ++j) row[j] = a[j] + b[j];
      for (int j = 0; j < 3; ++j) {
        by_angular(i, j) = b[Layout::kAngular + j];
        by_orientation(i, j) = b[Layout::kOrientation + j];
        row[Layout::kAngular + j] -= b[Layout::kAngular + j];
        row[Layout::kOrientation + j] -= b[Layout::kOrientation + j];
        row[j] -= b[j];
      }
      for (int k = 0; k < n; ++k) row[vc + k] += dt * b[Layout::kJoints + k];
    }
    if (block > 0) add_product(by_angular, m + 3 * stride, stride, stride, rows);
    add_product(by_orientation, turned, stride, stride, rows);
    if (block == 1)
      for (int i = 0; i < 3 * stride; ++i) rows[i] += m[i];
    for (int i = 0; i < 3 * stride; ++i) rows[i] *= half;
  }
  Vector3d total = half * (ConstMap3(f1 + 9) + ConstMap3(f2 + 9));
  double* orientation_rows = jacobian + Layout::kOrientation * stride;
  std::copy(orientation_rows, orientation_rows + 3 * stride, m);
  std::fill(orientation_rows, orientation_rows + 3 * stride, 0.0);
  add_product(left_jacobian(total), m, stride, stride, orientation_rows);
  const Matrix3d turned_total = exp_quaternion(total).toRotationMatrix();
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      orientation_rows[i * stride + Layout::kOrientation + j] += turned_total(i, j);
  for (int i = 0; i < 9; ++i) jacobian[i * stride + i] += 1.0;
  for (int i = 0; i < 3; ++i)
    for (int c = 0; c < layout_.nc; ++c)
      jacobian[i * stride + fc + layout_.force[static_cast<std::size_t>(c)] + i] =
          dt * inverse_mass;
  for (int k = 0; k < n; ++k) {
    jacobian[(12 + k) * stride + Layout::kJoints + k] = 1.0;
    jacobian[(12 + k) * stride + vc + k] = dt;
  }
  for (int i = 0; i < nx; ++i) f1[i] = half * (f1[i] + f2[i]);
  add_tangent(layout_, x, f1, next);
}

void CentroidalDynamics::point_velocity_rows(const TreeTerms& terms, const double* x, int contact,
                                             double* rows) const {
  const int stride = layout_.stride, vc = layout_.velocity_column();
  const auto& point = terms.points[static_cast<std::size_t>(contact)];
  std::fill(rows, rows + 3 * stride, 0.0);
  const Matrix3d from_momentum = -tree_.mass() * (skew(point.arm) * terms.inertia_inverse);
  set_block(rows, stride, 0, Matrix3d::Identity());
  set_block(rows, stride, Layout::kAngular, from_momentum);
  set_block(rows, stride, Layout::kOrientation,
            from_momentum * skew(ConstMap3(x + 3)) - skew(point.velocity));
  const double inverse_mass = 1.0 / tree_.mass();
  for (int k = 0; k < layout_.n; ++k) {
    const auto& t = terms.joints[static_cast<std::size_t>(k)];
    set_column(rows, stride, Layout::kJoints + k, t.omega_rate.cross(point.arm) - t.velocity_rate);
    set_column(rows, stride, vc + k, t.omega_joint.cross(point.arm) - t.momentum * inverse_mass);
  }
  const auto& chain = tree_.chain(contact);
  for (std::size_t j = 0; j < chain.size(); ++j)
    for (int i = 0; i < 3; ++i) {
      rows[i * stride + Layout::kJoints + chain[j]] += point.velocity_rate[j][i];
      rows[i * stride + vc + chain[j]] += point.jacobian[j][i];
    }
}

void CentroidalDynamics::point_angular_rows(const TreeTerms& terms, const double* x, int contact,
                                            double* rows) const {
  const int stride = layout_.stride, vc = layout_.velocity_column();
  const auto& point = terms.points[static_cast<std::size_t>(contact)];
  std::fill(rows, rows + 3 * stride, 0.0);
  const Matrix3d from_momentum = tree_.mass() * terms.inertia_inverse;
  set_block(rows, stride, Layout::kAngular, from_momentum);
  set_block(rows, stride, Layout::kOrientation,
            from_momentum * skew(ConstMap3(x + 3)) - skew(point.angular_velocity));
  for (int k = 0; k < layout_.n; ++k) {
    const auto& t = terms.joints[static_cast<std::size_t>(k)];
    set_column(rows, stride, Layout::kJoints + k, t.omega_rate);
    set_column(rows, stride, vc + k, t.omega_joint);
  }
  const auto& chain = tree_.chain(contact);
  for (std::size_t j = 0; j < chain.size(); ++j)
    for (int i = 0; i < 3; ++i) {
      rows[i * stride + Layout::kJoints + chain[j]] += point.angular_rate[j][i];
      rows[i * stride + vc + chain[j]] += point.jacobian_angular[j][i];
    }
}

void CentroidalDynamics::point_position_rows(const TreeTerms& terms, int contact,
                                             double* rows) const {
  const int stride = layout_.stride;
  const auto& point = terms.points[static_cast<std::size_t>(contact)];
  std::fill(rows, rows + 3 * stride, 0.0);
  set_block(rows, stride, Layout::kPosition, Matrix3d::Identity());
  set_block(rows, stride, Layout::kOrientation, -skew(point.position));
  const auto& chain = tree_.chain(contact);
  for (std::size_t j = 0; j < chain.size(); ++j)
    set_column(rows, stride, Layout::kJoints + chain[j], point.jacobian[j]);
}

}  // namespace surefoot::mpc
