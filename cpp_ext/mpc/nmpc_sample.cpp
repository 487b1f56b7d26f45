#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "math/vector_kernels.hpp"
#include "mpc/nmpc_impl.hpp"

namespace surefoot {
namespace {
using namespace mpc;
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;
}  // namespace

int CentroidalNmpc::Impl::interval_at(const NmpcPlan& p, double time) const {
  const auto after = std::upper_bound(p.times.begin(), p.times.end(), time + 1e-9);
  const int k = static_cast<int>(after - p.times.begin()) - 1;
  return std::clamp(k, 0, options.nodes - 1);
}

void CentroidalNmpc::Impl::interpolate(const NmpcPlan& p, double time, double* x) const {
  double dx[128];
  const int k = interval_at(p, time);
  const double* a = p.states.data() + k * layout.nstate;
  const double part = std::clamp(
      (time - p.times[index(k)]) / (p.times[index(k + 1)] - p.times[index(k)]), 0.0, 1.0);
  subtract_states(layout, a + layout.nstate, a, dx);
  for (int i = 0; i < layout.nx; ++i) dx[i] *= part;
  add_tangent(layout, a, dx, x);
}

NmpcSample CentroidalNmpc::make_sample() const {
  NmpcSample s;
  const auto nc = static_cast<Eigen::Index>(impl_->layout.nc);
  s.joint_position = impl_->options.posture;
  s.joint_velocity = Eigen::VectorXd::Zero(impl_->options.posture.size());
  s.contacts.assign(index(impl_->layout.nc), 1);
  s.forces.setZero(nc, 6);
  s.contact_position.setZero(nc, 3);
  s.contact_velocity.setZero(nc, 3);
  s.contact_acceleration.setZero(nc, 3);
  s.contact_orientation.setZero(nc, 4);
  s.contact_normal.setZero(nc, 3);
  return s;
}

void CentroidalNmpc::sample(double time, const Eigen::VectorXd* q, const Eigen::VectorXd* v,
                            NmpcSample& s, const Vector6d* momentum) const {
  auto& self = *impl_;
  const Layout& layout = self.layout;
  if (!self.ready) throw std::logic_error("nmpc: no plan yet; call solve first");
  const auto& plan = self.plan;
  double x[128], u[256], feedback[256], rate[128], dx[128], actual[128];
  const int k = self.interval_at(plan, time);
  const double t0 = plan.times[index(k)], t1 = plan.times[index(k + 1)];
  const double part = std::clamp((time - t0) / (t1 - t0), 0.0, 1.0);
  self.interpolate(plan, time, x);
  std::copy(plan.inputs.data() + k * layout.nu, plan.inputs.data() + (k + 1) * layout.nu, u);
  if (q != nullptr && v != nullptr) {
    if (momentum != nullptr && layout.n == self.options.posture.size()) {
      self.place(*q, actual);
      Eigen::Map<Vector6d>(actual, 6) = *momentum / self.transcription_tree().mass();
    } else {
      self.measure(*q, *v, self.terms, actual, false);
    }
    subtract_states(layout, actual, x, dx);
    const double* K = plan.gains.data() + k * layout.nu * layout.nx;
    transposed_product(layout.nx, layout.nu, K, layout.nx, dx, feedback);
    for (int i = 0; i < layout.nu; ++i) u[i] += feedback[i];
  }
  const auto& dynamics = self.transcription.dynamics();
  dynamics.evaluate(x, u, self.terms, false);
  dynamics.rate(self.terms, x, u, rate);

  s.base_position = ConstMap3(x + 6);
  s.base_orientation = Eigen::Map<const Eigen::Vector4d>(x + 9);
  for (int i = 0; i < 6; ++i)
    s.base_velocity[i] = (1.0 - part) * self.base_velocity[index(6 * k + i)] +
                         part * self.base_velocity[index(6 * k + 6 + i)];
  for (int i = 0; i < layout.n; ++i) {
    s.joint_position[self.options.joints[index(i)]] = x[13 + i];
    s.joint_velocity[self.options.joints[index(i)]] = u[layout.nf + i];
  }
  s.forces.setZero();
  for (int c = 0; c < layout.nc; ++c) {
    const bool stance = self.schedule.in_contact(c, time);
    s.contacts[index(c)] = stance;
    const int size = self.reduced.contacts[index(c)].size();
    for (int i = 0; stance && i < size; ++i) s.forces(c, i) = u[layout.force[index(c)] + i];
    Vector3d position, velocity, acceleration;
    self.feet[index(c)].at(time, position, velocity, acceleration);
    if (stance) {
      velocity.setZero();
      acceleration.setZero();
    }
    s.contact_position.row(c) = position.transpose();
    s.contact_velocity.row(c) = velocity.transpose();
    s.contact_acceleration.row(c) = acceleration.transpose();
    const Quaterniond turn(self.terms.points[index(c)].rotation);
    s.contact_orientation.row(c) = turn.coeffs().transpose();
    s.contact_normal.row(c) = self.ground_normal(c).transpose();
  }
  s.base_acceleration = self.base_acceleration.compute(self.terms, u, rate, s.contact_acceleration);
}

}  // namespace surefoot
