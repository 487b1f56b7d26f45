#pragma once
#include "mpc/ground.hpp"
#include "mpc/so3.hpp"

namespace surefoot::mpc {

/// Desired base velocity in the heading frame: m/s, m/s, rad/s.
struct Command {
  double vx = 0.0, vy = 0.0, yaw_rate = 0.0;
  bool zero() const { return vx == 0.0 && vy == 0.0 && yaw_rate == 0.0; }
};

struct ReferenceOptions {
  double height = 0.0;         ///< of the base above the ground, m
  double lead_position = 0.0;  ///< how far the anchor may be from the base, m
  double lead_yaw = 0.0;       ///< rad
  double settle_rate = 0.0;    ///< 1/s, of the anchor to the feet's middle while standing
  double slope_share = 0.0;    ///< of the ground's slope that the base's tilt follows
};

/// Where the base should be: a pose ("anchor") that moves with the command and stays within a
/// bounded lead of the measured base, so that it neither runs away nor erases position feedback.
class BaseReference {
 public:
  explicit BaseReference(const ReferenceOptions& options) : options_(options) {}
  void reset(double time, const Vector3d& position, double yaw);
  /// Moves the anchor to `time` under the command, then bounds its lead.
  void update(double time, const Command& command, const Vector3d& position, double yaw);
  /// While standing: draws the anchor to where the feet are `under` the base.
  void settle(double dt, const Vector3d& under);
  void set_ground(const Plane& ground) { ground_ = ground; }
  const Plane& ground() const { return ground_; }

  struct Pose {
    Vector3d position, velocity;
    double yaw;
    Quaterniond orientation;
  };
  /// Pose and velocity (world) at a later time under the same command.
  Pose at(double time) const;

 private:
  ReferenceOptions options_;
  Command command_;
  double time_ = 0.0, yaw_ = 0.0;
  Plane ground_;
  Vector3d anchor_ = Vector3d::Zero();
};

/// Heading of a base orientation, rad.
double heading(const Matrix3d& rotation);
double wrapped(double angle);

}  // namespace surefoot::mpc
