#include "surefoot/estimation/terrain_memory.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

namespace surefoot {

TerrainMemory::TerrainMemory(int nc, const EstimatorOptions& options)
    : step_(options.terrain_step),
      steepest_(options.terrain_slope),
      roughness_(options.terrain_noise),
      grounds_(static_cast<std::size_t>(nc)) {
  reset(0.0);
}

void TerrainMemory::reset(double height) {
  for (Ground& ground : grounds_) {
    ground.level = height;
    ground.count = 0;
    ground.normal = Eigen::Vector3d::UnitZ();
    ground.deviation = 0.0;
  }
  normal_ = Eigen::Vector3d::UnitZ();
  plane_ = steep_ = false;
}

void TerrainMemory::forget() { reset(std::numeric_limits<double>::quiet_NaN()); }

bool TerrainMemory::touched() const {
  return std::any_of(grounds_.begin(), grounds_.end(), [](const Ground& g) { return g.count > 0; });
}

void TerrainMemory::fit_plane() {
  normal_ = Eigen::Vector3d::UnitZ();
  plane_ = steep_ = false;
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  int count = 0;
  for (const Ground& ground : grounds_)
    for (int k = 0; k < ground.count; ++k, ++count) mean += ground.footholds[k].position;
  if (count < 2) return;
  mean /= count;
  // Least squares; the little that is added lets two footholds show the slope between them.
  constexpr double kRidge = 1e-3;
  Eigen::Matrix2d gram = kRidge * Eigen::Matrix2d::Identity();
  Eigen::Vector2d right = Eigen::Vector2d::Zero();
  double spread = 0.0;
  for (const Ground& ground : grounds_)
    for (int k = 0; k < ground.count; ++k) {
      const Eigen::Vector3d offset = ground.footholds[k].position - mean;
      gram += offset.head<2>() * offset.head<2>().transpose();
      right += offset.z() * offset.head<2>();
      spread += offset.z() * offset.z();
    }
  const Eigen::Vector2d slope = gram.inverse() * right;
  const double residual = spread - slope.dot(right) - kRidge * slope.squaredNorm();
  if (residual > roughness_ * roughness_ * count) return;  // steps, not a plane
  normal_ = Eigen::Vector3d(-slope.x(), -slope.y(), 1.0).normalized();
  plane_ = true;
  steep_ = slope.norm() > steepest_;
}

void TerrainMemory::doubt_normal(Ground& ground) const {
  ground.normal = Eigen::Vector3d::UnitZ();
  ground.deviation = 0.0;
  if (ground.count < 2) return;
  // A step up, or a slope since the last foothold? Half-way, and no better than that. Treads bear
  // more than one foot: a neighbour in doubt, too, speaks for the slope.
  const Eigen::Vector3d stride = ground.footholds[0].position - ground.footholds[1].position;
  const double length = stride.head<2>().norm();
  if (!(length > 0.0)) return;
  const double angle = std::atan2(stride.z(), length);
  const double tilt = follows_doubt(ground) ? angle : 0.5 * angle;
  ground.normal << -std::sin(tilt) * stride.head<2>() / length, std::cos(tilt);
  ground.deviation = 0.5 * std::abs(angle);
}

bool TerrainMemory::follows_doubt(const Ground& ground) const {
  const Foothold& foothold = ground.footholds[0];
  double nearest = std::numeric_limits<double>::infinity();
  bool doubtful = false;
  for (const Ground& other : grounds_) {
    if (&other == &ground || other.count == 0) continue;
    const Foothold& neighbour = other.footholds[0];
    const double distance = (neighbour.position - foothold.position).head<2>().squaredNorm();
    if (distance >= nearest) continue;
    nearest = distance;
    doubtful = neighbour.doubtful;
  }
  return doubtful;
}

bool TerrainMemory::land(int contact, const Eigen::Vector3d& foothold, double height) {
  Ground& landed = grounds_[contact];
  const bool first = !touched();
  std::rotate(landed.footholds.begin(), landed.footholds.end() - 1, landed.footholds.end());
  landed.footholds[0].position << foothold.head<2>(), height;
  landed.footholds[0].doubtful = false;
  landed.count = std::min(landed.count + 1, kRemembered);
  fit_plane();
  // The first touch of all defines the height of the ground.
  if (first && std::isfinite(landed.level)) return true;
  double nearest = height, distance = step_;
  bool known = false;
  if (!steep_)
    for (const Ground& other : grounds_)
      if (other.count > 0 && std::abs(other.level - height) < distance) {
        distance = std::abs(other.level - height);
        nearest = other.level;
        known = true;
      }
  landed.level = nearest;
  landed.normal = normal_;
  landed.deviation = 0.0;
  landed.footholds[0].doubtful = !plane_ && !known;
  if (landed.footholds[0].doubtful) doubt_normal(landed);
  return known;
}

void TerrainMemory::move(int contact, double height) {
  Ground& ground = grounds_[contact];
  ground.level = ground.footholds[0].position.z() = height;
  if (plane_ || ground.footholds[0].doubtful) return;
  ground.footholds[0].doubtful = true;
  doubt_normal(ground);
}

}  // namespace surefoot
