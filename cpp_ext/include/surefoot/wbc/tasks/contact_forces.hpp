#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Forces (and wrenches of surfaces) of the contacts in contact stay near the reference.
class SUREFOOT_API ContactForces : public Task {
 public:
  explicit ContactForces(double weight, std::string name = "force")
      : Task(std::move(name), weight) {}
  void update(const Tick& tick) override;

 protected:
  int max_rows(const RobotDescription& description) const override;
};

}  // namespace surefoot
