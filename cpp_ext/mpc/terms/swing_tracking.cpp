#include "mpc/terms/swing_tracking.hpp"

namespace surefoot::mpc {

SwingTracking::SwingTracking(const Layout& layout)
    : EqualityTerm("swing_tracking"), motion_(static_cast<std::size_t>(6 * layout.stride)) {}

int SwingTracking::evaluate(const StagePoint& p, double* values, double* rows) {
  const int stride = p.layout().stride;
  int m = 0;
  for (int c = 0; c < p.layout().nc; ++c) {
    const auto& task = p.task(c);
    if (task.stance) continue;
    const Vector3d& n = task.normal;
    values[m] =
        n.dot(p.velocity(c)) - task.velocity + task.gain * (n.dot(p.position(c)) - task.height);
    if (rows != nullptr) {
      const double* v = motion_.data();
      const double* place = v + 3 * stride;
      p.dynamics.point_velocity_rows(p.terms, p.x, c, motion_.data());
      p.dynamics.point_position_rows(p.terms, c, motion_.data() + 3 * stride);
      double* out = rows + m * stride;
      for (int j = 0; j < stride; ++j)
        out[j] = n.x() * (v[j] + task.gain * place[j]) +
                 n.y() * (v[stride + j] + task.gain * place[stride + j]) +
                 n.z() * (v[2 * stride + j] + task.gain * place[2 * stride + j]);
    }
    ++m;
  }
  return m;
}

}  // namespace surefoot::mpc
