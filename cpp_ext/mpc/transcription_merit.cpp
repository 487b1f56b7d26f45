#include <algorithm>
#include <cmath>

#include "mpc/transcription.hpp"

/// What a point comes to: violations, cost, and the correction of joint velocities.
namespace surefoot::mpc {
namespace {
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;
constexpr double kGravity = 9.81;
}  // namespace

void Transcription::scale_residuals(double height) {
  velocity_unit_ = std::sqrt(kGravity * height);
  length_unit_ = height;
}

double Transcription::equality_error(int rows) const {
  // Row values are m/s, or rad/s of a sole: the smaller unit is the stricter.
  const double unit = std::min(velocity_unit_, velocity_unit_ / length_unit_);
  double worst = 0.0;
  for (int i = 0; i < rows; ++i) {
    const double size = std::abs(rhs_[index(i)]) / unit;
    if (!(size <= worst)) worst = size;  // a NaN too
  }
  return worst;
}

double Transcription::relative_size(const double* tangent) const {
  const double units[4] = {velocity_unit_, velocity_unit_ * length_unit_, length_unit_, 1.0};
  double worst = 0.0;
  for (int i = 0; i < layout().nx; ++i) {
    const double size = std::abs(tangent[i]) / (i < 12 ? units[i / 3] : 1.0);
    if (!(size <= worst)) worst = size;
  }
  return worst;
}

void Transcription::note(double equality, double dynamics, Violations& violations) {
  if (!(equality <= violations.equality)) violations.equality = equality;
  if (!(dynamics <= violations.dynamics)) violations.dynamics = dynamics;
  violations.total += equality + dynamics;
}

void Transcription::restore(const Interval& interval, const double* x, double* u, double* x_next,
                            int k, Violations& violations) {
  const Layout& l = layout();
  if (k == 0) std::fill(drift_.begin(), drift_.end(), 0.0);
  dynamics_.evaluate(x, u, terms_, false);
  const StagePoint at = point(interval, x, u);
  int m = equality_constraints(at, false);
  double error = equality_error(m);
  // The values are linear in the joint velocities, so that one step of these takes away what is
  // of second order in the whole step; the Jacobian is that of the linearisation.
  double* velocity = u + l.nf;
  const auto& elimination = eliminations_[index(k)];
  const int width = projection_.most_rows();
  std::copy_n(velocity, l.n, tangent_.data());
  for (int i = 0; i < l.n; ++i)
    velocity[i] += dot(width, elimination.inverse.data() + i * width, rhs_.data());
  dynamics_.tree().velocities(ConstMap3(x + Layout::kAngular), velocity, terms_);
  m = equality_constraints(at, false);
  const double restored = equality_error(m);
  if (restored < error) {
    error = restored;
    for (int i = 0; i < l.n; ++i)
      drift_[index(i)] += interval.dt * (velocity[i] - tangent_[index(i)]);
  } else {
    std::copy_n(tangent_.data(), l.n, velocity);
    dynamics_.tree().velocities(ConstMap3(x + Layout::kAngular), velocity, terms_);
  }
  for (int i = 0; i < l.n; ++i) x_next[13 + i] += drift_[index(i)];
  dynamics_.advance(terms_, x, u, interval.dt, scratch_, next_.data());
  subtract_states(l, next_.data(), x_next, tangent_.data());
  note(error, relative_size(tangent_.data()), violations);
}

void Transcription::base_velocity(const double* x, double* velocity) const {
  for (int i = 0; i < 3; ++i) {
    velocity[i] = x[i] + terms_.base_velocity[i];
    velocity[3 + i] = terms_.omega[i];
  }
}

double Transcription::cost(const Interval& interval, const double* x, const double* u) {
  dynamics_.evaluate(x, u, terms_, false);
  const StagePoint at = point(interval, x, u);
  double sum = 0.0;
  for (const auto& term : list_.costs) sum += term->value(at);
  return interval.dt * sum;
}

double Transcription::terminal_cost(const double* x, const double* reference) {
  dynamics_.tree().positions(orientation(x).toRotationMatrix(), x + 13, terms_);
  const StagePoint end{dynamics_, terms_, x, reference};
  double sum = 0.0;
  for (const auto& term : list_.costs)
    if (term->at_end()) sum += term->value(end);
  return weights_.terminal * sum;
}

}  // namespace surefoot::mpc
