#pragma once
#include <Eigen/Core>

#include "mpc/so3.hpp"
#include "surefoot/export.hpp"

namespace surefoot::mpc {

/// A plane: height = point.z + slope'(xy - point.xy).
struct Plane {
  Vector3d point = Vector3d::Zero();
  Eigen::Vector2d slope = Eigen::Vector2d::Zero();  ///< rise over run along the world's x and y

  double height(double x, double y) const {
    return point.z() + slope.x() * (x - point.x()) + slope.y() * (y - point.y());
  }
  Vector3d normal() const { return Vector3d(-slope.x(), -slope.y(), 1.0).normalized(); }
};

struct GroundOptions {
  double span = 0.0;   ///< m, extent of the supports below which their slope is not believed
  double time = 0.0;   ///< s, low-pass of the slope
  double limit = 0.0;  ///< largest slope, rise over run
};

/// The ground as a plane through the places where contacts stood last: least squares, with the
/// slope drawn to level where the supports do not span it (two feet, one foot), low-passed.
/// As in Bledt et al., "MIT Cheetah 3: Design and control of a robust, dynamic quadruped robot",
/// 2018, for any number of supports.
class SUREFOOT_API GroundEstimate {
 public:
  explicit GroundEstimate(const GroundOptions& options) : options_(options) {}
  /// Level ground at this height.
  void reset(double height);
  /// To be called for every support of every contact, then `fit`.
  void begin();
  /// @param standing whether the contact stands now: only those give the height
  void add(const Vector3d& support, bool standing);
  void fit(double dt);
  const Plane& plane() const { return plane_; }

 private:
  GroundOptions options_;
  Plane plane_;
  Vector3d sum_ = Vector3d::Zero(), standing_sum_ = Vector3d::Zero();
  Eigen::Matrix2d square_ = Eigen::Matrix2d::Zero();
  Eigen::Vector2d product_ = Eigen::Vector2d::Zero();
  int count_ = 0, standing_ = 0;
};

}  // namespace surefoot::mpc
