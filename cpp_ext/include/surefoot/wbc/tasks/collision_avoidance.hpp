#pragma once
#include <vector>

#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// A capsule fixed to a frame, or a sphere where `start` equals `end`; frame's axes, m.
struct SUREFOOT_API Capsule {
  std::string frame;
  Eigen::Vector3d start = Eigen::Vector3d::Zero(), end = Eigen::Vector3d::Zero();
  double radius = 0.0;
};

/// Chosen pairs of capsules stay apart: an inequality on the second derivative of each distance,
///
///   d'' + 2 gain d' + gain^2 (d - distance) >= 0,
///
/// under which a pair that is not closing faster than gain (d - distance) never comes nearer than
/// `distance` (Q. Nguyen and K. Sreenath, "Exponential control barrier functions", ACC 2016).
class SUREFOOT_API CollisionAvoidance : public Task {
 public:
  struct Pair {
    Capsule first, second;
  };

  CollisionAvoidance(std::vector<Pair> pairs, double distance, double gain, double weight,
                     std::string name)
      : Task(std::move(name), weight),
        distance(distance),
        gain(gain),
        pairs_(std::move(pairs)),
        distances_(Eigen::VectorXd::Zero(static_cast<Eigen::Index>(pairs_.size()))) {
    rows_.kind = TaskRows::Kind::kInequality;
  }
  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override { return {{"gain", &gain, 1}}; }

  /// Between the surfaces of each pair at the last tick, m; negative where they overlap.
  const Eigen::VectorXd& distances() const { return distances_; }

  double distance;  ///< m, to keep
  double gain;      ///< 1/s, a higher one lets pairs close faster

 protected:
  void check(const RobotDescription& description) override;
  int max_rows(const RobotDescription&) const override { return static_cast<int>(pairs_.size()); }

 private:
  std::vector<Pair> pairs_;
  std::vector<std::pair<int, int>> frames_;
  Eigen::VectorXd distances_;
};

}  // namespace surefoot
