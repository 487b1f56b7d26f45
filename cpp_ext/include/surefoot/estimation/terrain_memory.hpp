#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/estimation/options.hpp"

namespace surefoot {

/// Height of the ground under every contact, remembered from foothold to foothold, so that z does
/// not drift. Flat ground and stairs have levels: a foothold near a known one is on it. A slope has
/// none.
class SUREFOOT_API TerrainMemory {
 public:
  TerrainMemory(int nc, const EstimatorOptions& options);

  /// Forgets every foothold; the ground is taken to be at `height`.
  void reset(double height);
  /// A contact comes to stand at `foothold` (contact frame, world), on ground measured to be at
  /// `height`. Returns whether the ground there is known better than by that measurement.
  bool land(int contact, const Eigen::Vector3d& foothold, double height);
  /// Height of the ground under a contact's latest foothold.
  double height(int contact) const { return footholds_[contact].level; }
  /// Whether the contact has stood since the reset.
  bool touched(int contact) const { return footholds_[contact].touched; }
  /// Steepest slope (rise over run) of the plane through the latest footholds.
  double slope() const;

 private:
  struct Foothold {
    Eigen::Vector2d position;
    double height;  ///< as measured
    double level;   ///< of the ground that it was found to be on
    bool touched;
  };
  double step_, steepest_;
  std::vector<Foothold> footholds_;
};

}  // namespace surefoot
