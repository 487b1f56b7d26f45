#pragma once
#include <Eigen/Core>
#include <array>
#include <vector>

#include "surefoot/estimation/options.hpp"

namespace surefoot {

/// The ground, as the latest footholds show it: either a plane, steep or not, or levels (flat
/// ground, stairs). A foothold near a known level is on it, so that z does not drift; a steep plane
/// has none, but a normal, about which spherical feet roll.
class SUREFOOT_API TerrainMemory {
 public:
  TerrainMemory(int nc, const EstimatorOptions& options);

  /// Forgets every foothold; the ground is taken to be level, at `height`.
  void reset(double height);
  /// Forgets everything: what comes after cannot be compared with what was before.
  void forget();
  /// A contact comes to stand at `foothold` (contact frame, world), on ground measured to be at
  /// `height`. Returns whether the ground there is known better than by that measurement.
  bool land(int contact, const Eigen::Vector3d& foothold, double height);
  /// Height of the ground under a contact's latest foothold.
  double height(int contact) const { return grounds_[contact].level; }
  /// Whether the contact has stood since the reset.
  bool touched(int contact) const { return grounds_[contact].count > 0; }
  /// Normal of the plane that the latest footholds lie on; the vertical where they lie on none.
  const Eigen::Vector3d& normal() const { return normal_; }

 private:
  static constexpr int kRemembered = 2;  ///< footholds a contact
  struct Ground {
    std::array<Eigen::Vector3d, kRemembered> footholds;  ///< z: height as measured; newest first
    double level;                                        ///< that the newest was found to be on
    int count;
  };
  void fit_plane();

  double step_, steepest_, roughness_;
  std::vector<Ground> grounds_;
  Eigen::Vector3d normal_ = Eigen::Vector3d::UnitZ();
  bool steep_ = false;
};

}  // namespace surefoot
