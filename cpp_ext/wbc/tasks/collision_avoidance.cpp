#include "surefoot/wbc/tasks/collision_avoidance.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "wbc/frame_index.hpp"

namespace surefoot {
namespace {

using Eigen::Vector3d;

constexpr double kParallel =
    1e-9;  // squared sine, below which two axes have no single nearest pair
constexpr double kTouching = 1e-9;  // m, between axes, below which there is no direction

/// A capsule's axis in the world and the motion of its frame.
struct Axis {
  Axis(const RigidBody& body, int frame, const Capsule& capsule)
      : origin(body.frame_position(frame)),
        start(origin + body.frame_rotation(frame) * capsule.start),
        along(body.frame_rotation(frame) * (capsule.end - capsule.start)),
        velocity(body.frame_velocity(frame).head<3>()),
        spin(body.frame_velocity(frame).tail<3>()),
        drift(body.frame_drift(frame).head<3>()),
        spin_drift(body.frame_drift(frame).tail<3>()) {}

  /// Of the body's point at `arm` from the frame's origin.
  Vector3d velocity_at(const Vector3d& arm) const { return velocity + spin.cross(arm); }
  Vector3d drift_at(const Vector3d& arm) const {
    return drift + spin_drift.cross(arm) + spin.cross(spin.cross(arm));
  }

  Vector3d origin, start, along, velocity, spin, drift, spin_drift;
};

/// Nearest points start + t along of two axes, t in [0, 1] (C. Ericson, "Real-time collision
/// detection", 2005, section 5.1.9). `free`: inside, so that the point may slide as bodies move.
struct Nearest {
  Nearest(const Axis& first, const Axis& second) {
    const Vector3d r = first.start - second.start;
    const double a = first.along.squaredNorm(), e = second.along.squaredNorm();
    const double b = first.along.dot(second.along), c = first.along.dot(r), f = second.along.dot(r);
    const double denominator = a * e - b * b;
    const bool skew = denominator > kParallel * a * e && denominator > 0.0;
    s = skew ? std::clamp((b * f - c * e) / denominator, 0.0, 1.0) : 0.0;
    t = e > 0.0 ? (b * s + f) / e : 0.0;
    if (t < 0.0 || t > 1.0 || e <= 0.0) {
      t = std::clamp(t, 0.0, 1.0);
      s = a > 0.0 ? std::clamp((b * t - c) / a, 0.0, 1.0) : 0.0;
    }
    first_free = a > 0.0 && s > 0.0 && s < 1.0;
    second_free = e > 0.0 && t > 0.0 && t < 1.0;
    if (first_free && second_free && !skew) first_free = false;
  }
  double s = 0.0, t = 0.0;
  bool first_free = false, second_free = false;
};

/// Rates of s and t: the line between the points stays normal to the axes it slides on.
Eigen::Vector2d sliding(const Nearest& nearest, const Axis& first, const Axis& second,
                        const Vector3d& between, const Vector3d& closing) {
  const Vector3d &u = first.along, &w = second.along;
  const double p = closing.dot(u) + between.dot(first.spin.cross(u));
  const double q = closing.dot(w) + between.dot(second.spin.cross(w));
  const double uu = u.squaredNorm(), ww = w.squaredNorm(), uw = u.dot(w);
  if (nearest.first_free && nearest.second_free) {
    const double determinant = uw * uw - uu * ww;
    return {(q * uw - p * ww) / determinant, (q * uu - p * uw) / determinant};
  }
  return {nearest.first_free ? p / uu : 0.0, nearest.second_free ? -q / ww : 0.0};
}

}  // namespace

void CollisionAvoidance::check(const RobotDescription& description) {
  frames_.clear();
  for (const auto& pair : pairs_) {
    const int first = frame_index(description, pair.first.frame),
              second = frame_index(description, pair.second.frame);
    if (first < 0 || second < 0)
      throw std::invalid_argument("task '" + name() + "': the robot has no frame '" +
                                  (first < 0 ? pair.first : pair.second).frame +
                                  "' (robot.frame_names lists them)");
    frames_.emplace_back(first, second);
  }
}

void CollisionAvoidance::update(const Tick& tick) {
  const RigidBody& body = tick.body;
  const auto nv = tick.v.size();
  rows_.form = TaskRows::Form::kAcceleration;
  rows_.count = static_cast<int>(pairs_.size());
  rows_.upper.head(rows_.count).setConstant(std::numeric_limits<double>::infinity());
  rows_.weight.head(rows_.count).setConstant(weight);
  for (int i = 0; i < rows_.count; ++i) {
    const auto& pair = pairs_[static_cast<std::size_t>(i)];
    const auto [f, g] = frames_[static_cast<std::size_t>(i)];
    const Axis first(body, f, pair.first), second(body, g, pair.second);
    const Nearest nearest(first, second);
    const Vector3d arm = first.start + nearest.s * first.along - first.origin;
    const Vector3d other_arm = second.start + nearest.t * second.along - second.origin;
    const Vector3d between = second.origin + other_arm - first.origin - arm;
    const double size = between.norm();
    distances_(i) = size - pair.first.radius - pair.second.radius;
    if (size < kTouching) {
      rows_.matrix.row(i).head(nv).setZero();
      rows_.lower(i) = -std::numeric_limits<double>::infinity();
      continue;
    }
    const Vector3d normal = between / size;
    const auto& J = body.frame_jacobian(f);
    const auto& K = body.frame_jacobian(g);
    const Vector3d turn = arm.cross(normal), other_turn = other_arm.cross(normal);
    for (Eigen::Index j = 0; j < nv; ++j)
      rows_.matrix(i, j) = normal.dot(K.col(j).head<3>() - J.col(j).head<3>()) +
                           other_turn.dot(K.col(j).tail<3>()) - turn.dot(J.col(j).tail<3>());

    const Vector3d closing = second.velocity_at(other_arm) - first.velocity_at(arm);
    const Eigen::Vector2d rate = sliding(nearest, first, second, between, closing);
    const Vector3d slide = rate(1) * second.along - rate(0) * first.along;
    const Vector3d moving = closing + slide;
    const Vector3d normal_rate = (moving - normal * normal.dot(moving)) / size;
    const double drift = normal.dot(second.drift_at(other_arm) - first.drift_at(arm)) +
                         normal_rate.dot(closing) +
                         normal.dot(rate(1) * second.spin.cross(second.along) -
                                    rate(0) * first.spin.cross(first.along));
    rows_.lower(i) =
        -drift - 2.0 * gain * normal.dot(closing) - gain * gain * (distances_(i) - distance);
  }
}

}  // namespace surefoot
