#include "surefoot/estimation/terrain_memory.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

namespace surefoot {

TerrainMemory::TerrainMemory(int nc, const EstimatorOptions& options)
    : step_(options.terrain_step),
      steepest_(options.terrain_slope),
      roughness_(0.5 * options.terrain_step),
      grounds_(static_cast<std::size_t>(nc)) {
  reset(0.0);
}

void TerrainMemory::reset(double height) {
  for (Ground& ground : grounds_) {
    ground.level = height;
    ground.count = 0;
  }
  normal_ = Eigen::Vector3d::UnitZ();
  steep_ = false;
}

void TerrainMemory::forget() { reset(std::numeric_limits<double>::quiet_NaN()); }

void TerrainMemory::fit_plane() {
  normal_ = Eigen::Vector3d::UnitZ();
  steep_ = false;
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  int count = 0;
  for (const Ground& ground : grounds_)
    for (int k = 0; k < ground.count; ++k, ++count) mean += ground.footholds[k];
  if (count < 2) return;
  mean /= count;
  // Least squares; the little that is added lets two footholds show the slope between them.
  Eigen::Matrix2d gram = 1e-3 * Eigen::Matrix2d::Identity();
  Eigen::Vector2d right = Eigen::Vector2d::Zero();
  double spread = 0.0;
  for (const Ground& ground : grounds_)
    for (int k = 0; k < ground.count; ++k) {
      const Eigen::Vector3d offset = ground.footholds[k] - mean;
      gram += offset.head<2>() * offset.head<2>().transpose();
      right += offset.z() * offset.head<2>();
      spread += offset.z() * offset.z();
    }
  const Eigen::Vector2d slope = gram.inverse() * right;
  const double residual = spread - slope.dot(right);
  if (residual > roughness_ * roughness_ * count) return;  // steps, not a plane
  normal_ = Eigen::Vector3d(-slope.x(), -slope.y(), 1.0).normalized();
  steep_ = slope.norm() > steepest_;
}

bool TerrainMemory::land(int contact, const Eigen::Vector3d& foothold, double height) {
  Ground& landed = grounds_[contact];
  std::rotate(landed.footholds.begin(), landed.footholds.end() - 1, landed.footholds.end());
  landed.footholds[0] << foothold.head<2>(), height;
  landed.count = std::min(landed.count + 1, kRemembered);
  fit_plane();
  // The first touch defines the height of the ground.
  if (landed.count == 1 && std::isfinite(landed.level)) return true;
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
  return known;
}

}  // namespace surefoot
