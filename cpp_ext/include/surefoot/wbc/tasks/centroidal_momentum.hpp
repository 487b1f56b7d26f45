#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Linear or angular momentum about the centre of mass, world axes:
/// dh/dt = rate + gain (momentum - h); by default the momentum goes to zero
/// (D. Orin, A. Goswami and S.-H. Lee, "Centroidal dynamics of a humanoid robot", 2013).
class SUREFOOT_API CentroidalMomentum : public Task {
 public:
  enum class Part { kLinear, kAngular };

  CentroidalMomentum(Part part, const Eigen::Vector3d& gain, double weight, std::string name)
      : Task(std::move(name), weight), gain(gain), part_(part) {}

  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override { return {{"gain", gain.data(), 3}}; }

  Eigen::Vector3d gain;  ///< 1/s
  /// N s and N, or N m s and N m
  Eigen::Vector3d momentum = Eigen::Vector3d::Zero(), rate = Eigen::Vector3d::Zero();

 protected:
  int max_rows(const RobotDescription&) const override { return 3; }

 private:
  const Part part_;
};

}  // namespace surefoot
