#include "surefoot/estimation/pose_history.hpp"

#include <algorithm>

namespace surefoot {

void PoseHistory::clear() { std::fill(poses_.begin(), poses_.end(), Pose{}); }

void PoseHistory::remember(double time, const Eigen::Vector3d& position,
                           const Eigen::Matrix3d& rotation) {
  poses_[next_] = {time, position, rotation};
  next_ = (next_ + 1) % kRemembered;
}

const PoseHistory::Pose* PoseHistory::at(double time) const {
  const Pose* latest = nullptr;
  for (const Pose& pose : poses_)
    if (pose.time <= time && (latest == nullptr || pose.time > latest->time)) latest = &pose;
  return latest;
}

void PoseHistory::move(const Eigen::Matrix3d& turn, const Eigen::Vector3d& shift) {
  for (Pose& pose : poses_) {
    pose.position = turn * pose.position + shift;
    pose.rotation = turn * pose.rotation;
  }
}

}  // namespace surefoot
