#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// The robot's centre of mass: feed-forward acceleration plus PD, world axes.
class SUREFOOT_API CenterOfMass : public Task {
 public:
  struct Reference {
    Eigen::Vector3d position = Eigen::Vector3d::Zero(), velocity = Eigen::Vector3d::Zero(),
                    acceleration = Eigen::Vector3d::Zero();
  };

  CenterOfMass(const Eigen::Vector3d& kp, const Eigen::Vector3d& kd, double weight,
               std::string name)
      : Task(std::move(name), weight), kp(kp), kd(kd) {}

  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override { return {{"kp", kp.data(), 3}, {"kd", kd.data(), 3}}; }
  void reset() override { held_ = false; }

  /// Follow this from the next tick on.
  void set_reference(const Reference& reference) {
    reference_ = reference;
    given_ = true;
  }
  /// Stay, from the next tick on, where the centre of mass is then (what a new task does).
  void hold() { given_ = held_ = false; }
  bool has_reference() const { return given_; }
  const Reference& reference() const { return reference_; }

  Eigen::Vector3d kp, kd;  ///< 1/s^2 and 1/s

 protected:
  void check(const RobotDescription& description) override;
  int max_rows(const RobotDescription&) const override { return 3; }

 private:
  double mass_ = 0.0;
  Reference reference_;
  bool given_ = false, held_ = false;
};

}  // namespace surefoot
