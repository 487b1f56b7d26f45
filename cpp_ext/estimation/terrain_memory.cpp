#include "surefoot/estimation/terrain_memory.hpp"

#include <Eigen/LU>
#include <cmath>

namespace surefoot {

TerrainMemory::TerrainMemory(int nc, const EstimatorOptions& options)
    : step_(options.terrain_step),
      steepest_(options.terrain_slope),
      footholds_(static_cast<std::size_t>(nc)) {
  reset(0.0);
}

void TerrainMemory::reset(double height) {
  for (Foothold& foothold : footholds_) foothold = {Eigen::Vector2d::Zero(), height, height, false};
}

double TerrainMemory::slope() const {
  // Plane by least squares; two footholds show the slope between them.
  Eigen::Matrix2d gram = 1e-3 * Eigen::Matrix2d::Identity();
  Eigen::Vector2d right = Eigen::Vector2d::Zero(), mean = Eigen::Vector2d::Zero();
  double mean_height = 0.0;
  int count = 0;
  for (const Foothold& foothold : footholds_)
    if (foothold.touched) {
      mean += foothold.position;
      mean_height += foothold.height;
      ++count;
    }
  if (count < 2) return 0.0;
  mean /= count;
  mean_height /= count;
  for (const Foothold& foothold : footholds_)
    if (foothold.touched) {
      const Eigen::Vector2d offset = foothold.position - mean;
      gram += offset * offset.transpose();
      right += (foothold.height - mean_height) * offset;
    }
  return (gram.inverse() * right).norm();
}

bool TerrainMemory::land(int contact, const Eigen::Vector3d& foothold, double height) {
  Foothold& landed = footholds_[contact];
  landed.position = foothold.head<2>();
  landed.height = height;
  if (!landed.touched) {  // the first touch defines the height of the ground
    landed.touched = true;
    return true;
  }
  double nearest = height, distance = step_;
  bool known = false;
  if (slope() < steepest_)
    for (const Foothold& other : footholds_)
      if (other.touched && std::abs(other.level - height) < distance) {
        distance = std::abs(other.level - height);
        nearest = other.level;
        known = true;
      }
  landed.level = nearest;
  return known;
}

}  // namespace surefoot
