#pragma once
#include "surefoot/control/robot_file.hpp"

namespace surefoot {

// Each structure's fields, once, for reading and writing alike: visit(archive, value) calls
// archive("name", field) for every field.
#define FIELD(name) archive(#name, value.name)

template <typename A>
void visit(A& archive, BodyInertia& value) {
  FIELD(mass), FIELD(com), FIELD(inertia);
}

template <typename A>
void visit(A& archive, FrameDescription& value) {
  FIELD(name), FIELD(joint), FIELD(rotation), FIELD(translation);
}

template <typename A>
void visit(A& archive, JointDescription& value) {
  FIELD(name), FIELD(kind), FIELD(parent), FIELD(rotation), FIELD(translation), FIELD(axis);
  FIELD(body), FIELD(armature), FIELD(position_lower), FIELD(position_upper);
  FIELD(velocity_limit), FIELD(effort_limit);
}

template <typename A>
void visit(A& archive, ContactDescription& value) {
  FIELD(frame), FIELD(kind), FIELD(radius), FIELD(half_length), FIELD(half_width);
  FIELD(friction), FIELD(yaw_friction);
}

template <typename A>
void visit(A& archive, RobotDescription& value) {
  FIELD(name), FIELD(base), FIELD(joints), FIELD(contacts), FIELD(frames);
}

template <typename A>
void visit(A& archive, NmpcGait& value) {
  FIELD(name), FIELD(period), FIELD(duty), FIELD(swing_height), FIELD(shift_time), FIELD(offset);
}

template <typename A>
void visit(A& archive, NmpcOptions& value) {
  FIELD(horizon), FIELD(nodes), FIELD(joints), FIELD(posture), FIELD(height);
  FIELD(momentum_linear), FIELD(momentum_angular), FIELD(base_position), FIELD(base_orientation);
  FIELD(joint_position), FIELD(force), FIELD(moment), FIELD(foot_velocity), FIELD(foot_turn);
  FIELD(joint_velocity), FIELD(foothold), FIELD(terminal), FIELD(force_min), FIELD(force_max);
  FIELD(soft_friction), FIELD(barrier_weight), FIELD(barrier_relaxation), FIELD(barrier_smoothing);
  FIELD(joint_position_limit), FIELD(joint_velocity_limit), FIELD(joint_torque_limit);
  FIELD(limit_margin), FIELD(swing_position_gain), FIELD(capture_gain), FIELD(aim_margin);
  FIELD(time_limit), FIELD(step_halvings), FIELD(first_iterations), FIELD(plan_dynamics);
  FIELD(plan_equality), FIELD(plan_force), FIELD(plan_joint_margin);
  FIELD(slope_span), FIELD(slope_time), FIELD(slope_limit), FIELD(slope_share);
  FIELD(early_touch), FIELD(late_grace), FIELD(late_limit), FIELD(late_step), FIELD(late_speed);
  FIELD(late_ramp), FIELD(touching_probability), FIELD(missing_probability);
  FIELD(gain_horizon), FIELD(lead_position), FIELD(lead_yaw), FIELD(settle_rate);
  FIELD(iterations), FIELD(tolerance), FIELD(singular_tolerance), FIELD(gaits);
}

template <typename A>
void visit(A& archive, ContactSwitchOptions& value) {
  FIELD(late_time), FIELD(early_time), FIELD(search_speed), FIELD(search_depth);
}

template <typename A>
void visit(A& archive, RightingPosture& value) {
  FIELD(duration), FIELD(joints);
}

template <typename A>
void visit(A& archive, RightingMotion& value) {
  FIELD(down), FIELD(postures);
}

template <typename A>
void visit(A& archive, RightingOptions& value) {
  FIELD(attempts), FIELD(patience), FIELD(parting), FIELD(motions);
}

template <typename A>
void visit(A& archive, SafetyLevel& value) {
  FIELD(limit), FIELD(reaction);
}

template <typename A>
void visit(A& archive, SafetyOptions& value) {
  for (int i = 0; i < kChecks; ++i)
    archive(name_of(static_cast<Check>(i)), value.levels[static_cast<std::size_t>(i)]);
  FIELD(slow_factor), FIELD(hold_time), FIELD(speed_time);
}

template <typename A>
void visit(A& archive, ControlOptions& value) {
  FIELD(settle_time), FIELD(fold_time), FIELD(fold_speed), FIELD(fold_beyond);
  FIELD(rise_time), FIELD(sit_time), FIELD(hold_kp);
  FIELD(hold_kd), FIELD(damping_kd), FIELD(joint_kp), FIELD(joint_kd), FIELD(swing_joint_kp);
  FIELD(swing_joint_kd), FIELD(linear_acceleration), FIELD(yaw_acceleration);
  FIELD(stand_up_tilt_limit), FIELD(stand_up_speed), FIELD(rest_speed), FIELD(height);
  FIELD(q_nominal), FIELD(q_lying), FIELD(nmpc_rate), FIELD(nmpc_thread), FIELD(thread_priority);
  FIELD(thread_cpu), FIELD(nmpc_latency), FIELD(actuation_delay), FIELD(plan_patience);
  FIELD(posture_bandwidth), FIELD(posture_speed), FIELD(posture_turn_speed), FIELD(tuning_span);
  FIELD(contacts), FIELD(righting), FIELD(safety), FIELD(nmpc);
  FIELD(step_in_place), FIELD(hold_at_start);
}

template <typename A>
void visit(A& archive, ContactOptions& value) {
  FIELD(force_threshold), FIELD(force_limit), FIELD(torque_limit), FIELD(torque_time);
  FIELD(plan_weight), FIELD(still_weight), FIELD(speed), FIELD(height), FIELD(kinematic_limit);
  FIELD(enter_probability), FIELD(leave_probability);
}

template <typename A>
void visit(A& archive, EstimatorOptions& value) {
  FIELD(gyro_noise), FIELD(accelerometer_noise), FIELD(gyro_bias_noise);
  FIELD(accelerometer_bias_noise), FIELD(joint_position_noise), FIELD(joint_velocity_noise);
  FIELD(contact_noise), FIELD(contact_turn_noise), FIELD(contact_twist_noise);
  FIELD(contact_velocity_noise), FIELD(settle_time), FIELD(terrain_noise);
  FIELD(terrain_step), FIELD(terrain_slope), FIELD(initialization_time), FIELD(initial_tilt);
  FIELD(initial_gyro_bias), FIELD(initial_accelerometer_bias), FIELD(initial_height);
  FIELD(rest_gyro), FIELD(rest_accelerometer), FIELD(slip_speed), FIELD(slip_displacement);
  FIELD(slip_time), FIELD(slip_patience), FIELD(slip_factor), FIELD(max_gap), FIELD(gyro_limit);
  FIELD(max_silence), FIELD(clock_patience);
  FIELD(accelerometer_limit), FIELD(silent_gyro_noise), FIELD(silent_accelerometer_noise);
  FIELD(stuck_motion), FIELD(velocity_time), FIELD(acceleration_noise);
  FIELD(tilt_acceleration_noise), FIELD(tilt_time), FIELD(contact);
}

template <typename A>
void visit(A& archive, WbcOptions& value) {
  FIELD(force_min), FIELD(force_max), FIELD(load_time), FIELD(unload_time), FIELD(contact_kd);
  FIELD(contact_kp), FIELD(contact_range), FIELD(corner_velocity), FIELD(no_load_velocity);
  FIELD(regularization), FIELD(check_kkt), FIELD(fallback_time), FIELD(fallback_kd);
}

template <typename A>
void visit(A& archive, StackGains& value) {
  FIELD(base_kp), FIELD(base_kd), FIELD(base_weight), FIELD(swing_kp), FIELD(swing_kd);
  FIELD(swing_weight), FIELD(posture_kp), FIELD(posture_kd), FIELD(posture_weight);
  FIELD(force_weight);
}

template <typename A>
void visit(A& archive, RobotSetup& value) {
  FIELD(description), FIELD(control), FIELD(estimator), FIELD(linear_filter), FIELD(imu_joint);
  FIELD(imu_rotation), FIELD(imu_translation), FIELD(wbc), FIELD(strict), FIELD(stack);
}

#undef FIELD

}  // namespace surefoot
