#pragma once
#include <string>

#include "surefoot/robot_description.hpp"

namespace surefoot {

/// Index of a frame as `RigidBody` counts them (contacts first, then frames), -1 if unknown.
inline int frame_index(const RobotDescription& description, const std::string& frame) {
  for (int i = 0; i < description.nc(); ++i)
    if (description.contacts[static_cast<std::size_t>(i)].frame.name == frame) return i;
  for (std::size_t i = 0; i < description.frames.size(); ++i)
    if (description.frames[i].name == frame) return description.nc() + static_cast<int>(i);
  return -1;
}

}  // namespace surefoot
