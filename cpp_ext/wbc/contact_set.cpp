#include "wbc/contact_set.hpp"

#include <algorithm>
#include <cmath>

#include "math/rotation.hpp"

namespace surefoot {
namespace {

int force_rows(const RobotDescription& description) {
  int rows = 0;
  for (const auto& contact : description.contacts) rows += contact.size();
  return rows;
}

int friction_rows(int size) { return size == 3 ? 5 : 11; }

/// Unit vector normal to `normal`, along world x as far as possible.
Eigen::Vector3d tangent_of(const Eigen::Vector3d& normal) {
  const Eigen::Vector3d axis =
      std::abs(normal.x()) < 0.9 ? Eigen::Vector3d::UnitX() : Eigen::Vector3d::UnitY();
  return (axis - axis.dot(normal) * normal).normalized();
}

Eigen::Vector3d shortened(const Eigen::Vector3d& vector, double length) {
  const double size = vector.norm();
  return size > length ? Eigen::Vector3d(vector * (length / size)) : vector;
}

}  // namespace

ContactSet::ContactSet(const RobotDescription& description)
    : description_(description),
      load_(static_cast<std::size_t>(description.nc())),
      normal_force_(load_.size()),
      ceiling_(load_.size()),
      carrying_(load_.size()),
      anchors_(load_.size()),
      jacobian_transposed_(Eigen::MatrixXd::Zero(description.nv(), force_rows(description))),
      target_(Eigen::VectorXd::Zero(force_rows(description))) {
  active_.reserve(load_.size());
}

void ContactSet::reset() {
  std::fill(load_.begin(), load_.end(), 0.0);
  std::fill(normal_force_.begin(), normal_force_.end(), 0.0);
  std::fill(carrying_.begin(), carrying_.end(), 0);
  for (auto& anchor : anchors_) anchor.set = false;
  active_.clear();
  force_size_ = 0;
}

int ContactSet::max_friction_rows() const {
  int rows = 0;
  for (const auto& contact : description_.contacts) rows += friction_rows(contact.size());
  return rows;
}

void ContactSet::switch_contacts(
    const Eigen::Ref<const Eigen::Array<bool, Eigen::Dynamic, 1>>& carrying, double dt,
    const ContactOptions& options) {
  const double up = options.load_time > 0.0 ? dt / options.load_time : 1.0;
  const double down = options.unload_time > 0.0 ? dt / options.unload_time : 1.0;
  active_.clear();
  force_size_ = 0;
  for (std::size_t i = 0; i < load_.size(); ++i) {
    const bool carries = carrying(static_cast<Eigen::Index>(i));
    if (carrying_[i] && !carries) ceiling_[i] = normal_force_[i];
    carrying_[i] = carries;
    // A contact that takes up load is in the equations at once, with little force allowed; one
    // that gives it up stays in them until its force has gone.
    load_[i] = std::clamp(load_[i] + (carries ? up : -down), 0.0, 1.0);
    if (load_[i] <= 0.0) {
      anchors_[i].set = false;
      continue;
    }
    const int size = description_.contacts[i].size();
    active_.emplace_back();
    ActiveContact& contact = active_.back();
    contact.index = static_cast<int>(i);
    contact.offset = force_size_;
    contact.size = size;
    contact.rows = friction_rows(size);
    contact.force_max = load_[i] * (carries ? options.force_max : ceiling_[i]);
    contact.force_min = carries ? std::min(options.force_min, contact.force_max) : 0.0;
    force_size_ += size;
  }
}

void ContactSet::update(const RigidBody& body, const Eigen::VectorXd& v, const Reference& reference,
                        const ContactOptions& options) {
  for (auto& contact : active_) {
    if (contact.size == 3)
      point(contact, body, v, reference.contact_normal.col(contact.index).normalized(), options);
    else
      surface(contact, body, options);
  }
}

void ContactSet::point(ActiveContact& contact, const RigidBody& body, const Eigen::VectorXd& v,
                       const Eigen::Vector3d& normal, const ContactOptions& options) {
  const auto& description = description_.contacts[static_cast<std::size_t>(contact.index)];
  const Eigen::Vector3d lever = -description.radius * normal;
  const auto& jacobian = body.frame_jacobian(contact.index);
  const auto& drift = body.frame_drift(contact.index);
  auto rows = jacobian_transposed_.middleCols(contact.offset, 3);
  for (Eigen::Index j = 0; j < v.size(); ++j) {
    const Eigen::Vector3d linear = jacobian.col(j).head<3>(), angular = jacobian.col(j).tail<3>();
    rows.row(j) = linear + angular.cross(lever);
  }
  const auto& motion = body.frame_velocity(contact.index);
  const Eigen::Vector3d velocity =
      motion.head<3>() + Eigen::Vector3d(motion.tail<3>()).cross(lever);
  Anchor& anchor = anchors_[static_cast<std::size_t>(contact.index)];
  const Eigen::Matrix3d& rotation = body.frame_rotation(contact.index);
  if (!anchor.set) anchor = {body.frame_position(contact.index), rotation, true};
  anchor.position -= rotation_error(rotation, anchor.rotation).cross(lever);
  anchor.rotation = rotation;
  const Eigen::Vector3d way = body.frame_position(contact.index) - anchor.position;
  const Eigen::Vector3d kept = shortened(way, options.range);
  anchor.position += way - kept;
  target_.segment<3>(contact.offset) = -options.stiffness * kept - options.damping * velocity -
                                       drift.head<3>() -
                                       Eigen::Vector3d(drift.tail<3>()).cross(lever);

  const Eigen::Vector3d first = tangent_of(normal), second = normal.cross(first);
  const double slope = description.friction / std::sqrt(2.0);
  contact.cone.row(0).head<3>() = normal;
  contact.cone.row(1).head<3>() = slope * normal + first;
  contact.cone.row(2).head<3>() = slope * normal - first;
  contact.cone.row(3).head<3>() = slope * normal + second;
  contact.cone.row(4).head<3>() = slope * normal - second;
}

void ContactSet::surface(ActiveContact& contact, const RigidBody& body,
                         const ContactOptions& options) {
  const auto& description = description_.contacts[static_cast<std::size_t>(contact.index)];
  jacobian_transposed_.middleCols(contact.offset, 6) =
      body.frame_jacobian(contact.index).transpose();
  const Eigen::Matrix3d& rotation = body.frame_rotation(contact.index);
  const Eigen::Vector3d& position = body.frame_position(contact.index);
  Anchor& anchor = anchors_[static_cast<std::size_t>(contact.index)];
  if (!anchor.set) anchor = {position, rotation, true};
  const double size = std::max(description.half_length, description.half_width);
  const Eigen::Vector3d way = position - anchor.position;
  const Eigen::Vector3d turn = rotation_error(rotation, anchor.rotation);
  Eigen::Matrix<double, 6, 1> kept;
  kept << shortened(way, options.range), shortened(turn, size > 0.0 ? options.range / size : 0.0);
  anchor.position += way - kept.head<3>();
  if (const double excess = (turn - kept.tail<3>()).norm(); excess > 0.0)
    anchor.rotation = Eigen::AngleAxisd(excess, turn.normalized()) * anchor.rotation;
  target_.segment<6>(contact.offset) = -options.stiffness * kept -
                                       options.damping * body.frame_velocity(contact.index) -
                                       body.frame_drift(contact.index);

  const Eigen::Vector3d x = rotation.col(0), y = rotation.col(1), z = rotation.col(2);
  const double slope = description.friction / std::sqrt(2.0);
  auto& cone = contact.cone;
  cone.setZero();
  cone.row(0).head<3>() = z;
  for (int row = 1; row < 5; ++row) cone.row(row).head<3>() = slope * z;
  cone.row(1).head<3>() += x;
  cone.row(2).head<3>() -= x;
  cone.row(3).head<3>() += y;
  cone.row(4).head<3>() -= y;
  // The centre of pressure (-m_y, m_x) / f_z stays in the rectangle.
  for (int row = 5; row < 7; ++row) cone.row(row).head<3>() = description.half_length * z;
  cone.row(5).tail<3>() = y;
  cone.row(6).tail<3>() = -y;
  for (int row = 7; row < 9; ++row) cone.row(row).head<3>() = description.half_width * z;
  cone.row(7).tail<3>() = x;
  cone.row(8).tail<3>() = -x;
  for (int row = 9; row < 11; ++row) cone.row(row).head<3>() = description.yaw_friction * z;
  cone.row(9).tail<3>() = z;
  cone.row(10).tail<3>() = -z;
}

void ContactSet::remember(const Eigen::Ref<const Eigen::VectorXd>& force) {
  for (const auto& contact : active_)
    normal_force_[static_cast<std::size_t>(contact.index)] = std::max(
        0.0,
        contact.cone.row(0).head(contact.size).dot(force.segment(contact.offset, contact.size)));
}

}  // namespace surefoot
