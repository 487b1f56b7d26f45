#pragma once
#include <Eigen/Core>
#include <array>
#include <vector>

#include "surefoot/estimation/options.hpp"

namespace surefoot {

/// The ground, as the latest footholds show it: either a plane, steep or not, or levels (flat
/// ground, stairs). A foothold near a known level is on it, so that z does not drift, and the
/// ground there is level; a steep plane has no levels, but a normal, about which spherical feet
/// roll. A foothold on neither may be a step or the first of a slope: its normal is in doubt.
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
  /// The contact's latest foothold was found to be at `height`, and on no level known before.
  void move(int contact, double height);
  /// Height of the ground under a contact's latest foothold.
  double height(int contact) const { return grounds_[contact].level; }
  /// Whether the contact has stood since the reset.
  bool touched(int contact) const { return grounds_[contact].count > 0; }
  /// Whether any contact has.
  bool touched() const;
  /// Normal of the ground under a contact's latest foothold.
  const Eigen::Vector3d& normal(int contact) const { return grounds_[contact].normal; }
  /// Standard deviation of that normal's tilt, rad; 0 where it is known.
  double normal_deviation(int contact) const { return grounds_[contact].deviation; }

 private:
  static constexpr int kRemembered = 2;  ///< footholds a contact
  struct Foothold {
    Eigen::Vector3d position;  ///< z: height of the ground as measured
    bool doubtful;             ///< neither on a known level nor on the plane
  };
  struct Ground {
    std::array<Foothold, kRemembered> footholds;  ///< newest first
    double level;                                 ///< that the newest was found to be on
    int count;
    Eigen::Vector3d normal;  ///< at the newest
    double deviation;        ///< rad, of its tilt
  };
  void fit_plane();
  void doubt_normal(Ground& ground) const;
  bool follows_doubt(const Ground& ground) const;

  double step_, steepest_, roughness_;
  std::vector<Ground> grounds_;
  Eigen::Vector3d normal_ = Eigen::Vector3d::UnitZ();  ///< of the plane, if there is one
  bool plane_ = false, steep_ = false;
};

}  // namespace surefoot
