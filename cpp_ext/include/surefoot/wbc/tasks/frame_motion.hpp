#pragma once
#include "surefoot/wbc/task.hpp"

namespace surefoot {

/// Motion of one frame (or of a point fixed to it), relative to the world or to another frame:
/// feed-forward acceleration plus PD on position and on the rotation vector of the orientation
/// error. Everything is in the axes of what the motion is relative to,
///
///   p = R_g' (p_f - p_g),  R = R_g' R_f,
///   dp/dt = R_g' (v_f - v_g - w_g x (p_f - p_g)),  w = R_g' (w_f - w_g),
///
/// so a frame relative to the robot's own base asks nothing of the base.
class SUREFOOT_API FrameMotion : public Task {
 public:
  using Vector6 = Eigen::Matrix<double, 6, 1>;
  enum class Part { kPose, kPosition, kOrientation };

  /// What the frame should do. Velocity and acceleration: linear, then angular.
  struct Reference {
    Eigen::Vector3d position = Eigen::Vector3d::Zero();
    Eigen::Vector4d orientation = Eigen::Vector4d::UnitW();  ///< quaternion xyzw
    Vector6 velocity = Vector6::Zero(), acceleration = Vector6::Zero();
  };

  /// `relative_to` empty: the world. `offset`: the point, in the frame's axes, m.
  FrameMotion(Part part, std::string frame, const Vector6& kp, const Vector6& kd, double weight,
              std::string relative_to, const Eigen::Vector3d& offset, std::string name)
      : Task(std::move(name), weight),
        kp(kp),
        kd(kd),
        part_(part),
        frame_(std::move(frame)),
        relative_to_(std::move(relative_to)),
        offset_(offset) {}

  void update(const Tick& tick) override;
  std::vector<TaskGain> tunables() override {
    const int first = part_ == Part::kOrientation ? 3 : 0, size = part_ == Part::kPose ? 6 : 3;
    return {{"kp", kp.data() + first, size}, {"kd", kd.data() + first, size}};
  }
  void reset() override { held_ = false; }

  /// Follow this from the next tick on.
  void set_reference(const Reference& reference) {
    reference_ = reference;
    given_ = true;
  }
  /// Stay, from the next tick on, where the frame is then (what a new task does).
  void hold() { given_ = held_ = false; }
  bool has_reference() const { return given_; }
  const Reference& reference() const { return reference_; }

  Part part() const { return part_; }
  const std::string& frame() const { return frame_; }
  const std::string& relative_to() const { return relative_to_; }
  const Eigen::Vector3d& offset() const { return offset_; }

  Vector6 kp, kd;  ///< linear, angular; 1/s^2 and 1/s

 protected:
  void check(const RobotDescription& description) override;
  int max_rows(const RobotDescription&) const override { return part_ == Part::kPose ? 6 : 3; }

 private:
  const Part part_;
  const std::string frame_, relative_to_;
  const Eigen::Vector3d offset_;
  int frame_index_ = -1, relative_index_ = -1;
  Reference reference_;
  bool given_ = false, held_ = false;
  Eigen::Matrix<double, 6, Eigen::Dynamic> jacobian_;
};

}  // namespace surefoot
