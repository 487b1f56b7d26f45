#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Joint velocities go to zero: ddq = -gain dq.
class SUREFOOT_API JointDamping : public Task {
 public:
  JointDamping(double gain, double weight, std::string name = "damping")
      : Task(std::move(name), weight), gain(gain) {}
  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override { return {{"gain", &gain, 1}}; }

  double gain;  ///< 1/s

 protected:
  int max_rows(const RobotDescription& description) const override { return description.nj(); }
};

}  // namespace surefoot
