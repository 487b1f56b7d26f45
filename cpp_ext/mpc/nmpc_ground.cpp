#include <algorithm>
#include <stdexcept>

#include "mpc/nmpc_impl.hpp"

namespace surefoot {
namespace {
using namespace mpc;
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;
}  // namespace

void CentroidalNmpc::Impl::correct_contact(int c, double time, bool touching) {
  const ContactCorrection limits{options.early_touch, options.late_grace, options.late_limit,
                                 options.late_step};
  auto& foot = feet[index(c)];
  Vector3d position, velocity, acceleration;
  foot.at(time, position, velocity, acceleration);
  if (!schedule.correct(c, time, touching, limits)) return;
  const SwingInterval swing = schedule.swing(c, time);
  if (touching)
    foot.prepare(swing, position, position, schedule.gait().swing_height);
  else if (foot.seeking() && foot.swinging(time))
    foot.extend(swing.end);
  else
    foot.seek(time, swing.end, position, options.late_speed, options.late_ramp);
}

double CentroidalNmpc::Impl::standing_height(int c, double x, double y) const {
  const double level =
      terrain_height.empty() ? ground.plane().height(x, y) : terrain_height[index(c)];
  return level + reduced.contacts[index(c)].radius;
}

Vector3d CentroidalNmpc::Impl::ground_normal(int c) const {
  return terrain_normal.empty() ? ground.plane().normal() : terrain_normal[index(c)];
}

void CentroidalNmpc::Impl::estimate_ground(double time) {
  const ConstMap3 base(measured.data() + 6);
  const Vector3d normal = ground.plane().normal();
  ground.begin();
  for (int c = 0; c < layout.nc; ++c) {
    const auto& contact = reduced.contacts[index(c)];
    const bool standing = schedule.in_contact(c, time);
    if (standing) {
      stood[index(c)] = base + terms.points[index(c)].position;
      stood_axes[index(c)] = terms.points[index(c)].rotation;
    }
    const Vector3d center = stood[index(c)] - contact.radius * normal;
    if (contact.kind == ContactKind::kPoint) {
      ground.add(center, standing);
      continue;
    }
    for (const double x : {-contact.half_length, contact.half_length})
      for (const double y : {-contact.half_width, contact.half_width})
        ground.add(center + stood_axes[index(c)] * Vector3d(x, y, 0.0), standing);
  }
  ground.fit(std::max(0.0, time - ground_time));
  ground_time = time;
  reference.set_ground(ground.plane());
}

void CentroidalNmpc::Impl::track_feet(double time) {
  const ConstMap3 base(measured.data() + 6);
  estimate_ground(time);
  for (int c = 0; c < layout.nc; ++c) {
    auto& foot = feet[index(c)];
    const SwingInterval swing = schedule.swing(c, time);
    if (!schedule.in_contact(c, time) && foot.swinging(time)) continue;
    foot.prepare(swing, base + terms.points[index(c)].position, foothold(c, swing),
                 schedule.gait().swing_height);
  }
}

void CentroidalNmpc::correct_contact(int contact, double time, bool touching) {
  if (contact < 0 || contact >= impl_->layout.nc)
    throw std::out_of_range("nmpc: no contact of that index");
  impl_->correct_contact(contact, time, touching);
}

void CentroidalNmpc::correct_contacts(double time, const Eigen::VectorXd& probabilities) {
  if (probabilities.size() != impl_->layout.nc)
    throw std::invalid_argument("nmpc: one probability for each contact");
  for (int c = 0; c < impl_->layout.nc; ++c) {
    const bool touching = probabilities[c] >= impl_->options.touching_probability;
    if (touching || probabilities[c] <= impl_->options.missing_probability)
      impl_->correct_contact(c, time, touching);
  }
}

void CentroidalNmpc::set_terrain(const Eigen::VectorXd& heights, const Eigen::MatrixX3d& normals) {
  const int nc = impl_->layout.nc;
  if (heights.size() != nc || normals.rows() != nc)
    throw std::invalid_argument("nmpc: one height and normal for each contact");
  impl_->terrain_height.assign(heights.data(), heights.data() + nc);
  impl_->terrain_normal.resize(index(nc));
  for (int c = 0; c < nc; ++c)
    impl_->terrain_normal[index(c)] = normals.row(c).transpose().normalized();
}

void CentroidalNmpc::clear_terrain() {
  impl_->terrain_height.clear();
  impl_->terrain_normal.clear();
}

Eigen::Vector3d CentroidalNmpc::ground_point() const { return impl_->ground.plane().point; }
Eigen::Vector3d CentroidalNmpc::ground_normal() const { return impl_->ground.plane().normal(); }

}  // namespace surefoot
