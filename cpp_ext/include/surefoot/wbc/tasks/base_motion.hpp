#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Base pose and velocity on SE(3): feed-forward acceleration plus PD, gains per world axis.
class SUREFOOT_API BaseMotion : public Task {
 public:
  using Vector6 = Eigen::Matrix<double, 6, 1>;
  BaseMotion(const Vector6& kp, const Vector6& kd, double weight, std::string name = "base")
      : Task(std::move(name), weight), kp(kp), kd(kd) {}
  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override { return {{"kp", kp.data(), 6}, {"kd", kd.data(), 6}}; }

  Vector6 kp, kd;  ///< linear, angular; 1/s^2 and 1/s

 protected:
  int max_rows(const RobotDescription&) const override { return 6; }
};

}  // namespace surefoot
