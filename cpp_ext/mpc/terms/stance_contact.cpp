#include "mpc/terms/stance_contact.hpp"

namespace surefoot::mpc {

StanceContact::StanceContact(const Layout& layout)
    : EqualityTerm("stance_contact"), place_(static_cast<std::size_t>(3 * layout.stride)) {}

int StanceContact::evaluate(const StagePoint& p, double* values, double* rows) {
  const int stride = p.layout().stride;
  int m = 0;
  for (int c = 0; c < p.layout().nc; ++c) {
    const auto& task = p.task(c);
    if (!task.stance) continue;
    const Vector3d& n = task.normal;
    const double wanted = task.velocity - task.gain * (n.dot(p.position(c)) - task.height);
    const Vector3d error = p.velocity(c) - wanted * n;
    for (int i = 0; i < 3; ++i) values[m + i] = error[i];
    if (rows != nullptr) {
      double* out = rows + m * stride;
      p.dynamics.point_velocity_rows(p.terms, p.x, c, out);
      if (task.gain > 0.0) {
        p.dynamics.point_position_rows(p.terms, c, place_.data());
        const double* place = place_.data();
        for (int j = 0; j < p.layout().nx; ++j) {
          const double along = task.gain * (n.x() * place[j] + n.y() * place[stride + j] +
                                            n.z() * place[2 * stride + j]);
          for (int i = 0; i < 3; ++i) out[i * stride + j] += n[i] * along;
        }
      }
    }
    m += 3;
    if (p.dynamics.tree().contact(c).size() < 6) continue;
    for (int i = 0; i < 3; ++i) values[m + i] = p.point(c).angular_velocity[i];
    if (rows != nullptr) p.dynamics.point_angular_rows(p.terms, p.x, c, rows + m * stride);
    m += 3;
  }
  return m;
}

}  // namespace surefoot::mpc
