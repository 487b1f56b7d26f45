#include "mpc/ground.hpp"

#include <Eigen/LU>
#include <cmath>

namespace surefoot::mpc {

void GroundEstimate::reset(double height) {
  plane_ = Plane();
  plane_.point.z() = height;
}

void GroundEstimate::begin() {
  sum_.setZero();
  standing_sum_.setZero();
  square_.setZero();
  product_.setZero();
  count_ = standing_ = 0;
}

void GroundEstimate::add(const Vector3d& support, bool standing) {
  // About the last plane's point: the sums stay small far from the world's origin.
  const Vector3d from = support - plane_.point;
  sum_ += from;
  square_ += from.head<2>() * from.head<2>().transpose();
  product_ += from.z() * from.head<2>();
  ++count_;
  if (!standing) return;
  standing_sum_ += from;
  ++standing_;
}

void GroundEstimate::fit(double dt) {
  if (standing_ == 0) return;
  const Vector3d mean = sum_ / count_;
  const Eigen::Matrix2d spread = square_ / count_ - mean.head<2>() * mean.head<2>().transpose() +
                                 options_.span * options_.span * Eigen::Matrix2d::Identity();
  const Eigen::Vector2d slope = spread.inverse() * (product_ / count_ - mean.z() * mean.head<2>());
  plane_.slope += (1.0 - std::exp(-dt / options_.time)) * (slope - plane_.slope);
  const double steepness = plane_.slope.norm();
  if (steepness > options_.limit) plane_.slope *= options_.limit / steepness;
  plane_.point += standing_sum_ / standing_;
}

}  // namespace surefoot::mpc
