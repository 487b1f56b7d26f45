#include "control/controller_impl.hpp"

namespace surefoot {

// Least values are those that the robot file allows.
void Controller::Impl::list_parameters() {
  using Least = Parameters::Least;
  constexpr Least kZero = Least::kZero, kPositive = Least::kPositive;
#define ADD(name, least) add(#name, section.name, least)
  {
    auto& section = static_cast<NmpcWeights&>(options.nmpc);
    const auto add = [&](const std::string& name, auto& value, Least least) {
      if constexpr (std::is_same_v<double&, decltype(value)>)
        parameters.add("nmpc." + name, value, least);
      else
        parameters.add("nmpc." + name, value.data(), value.size(), least);
    };
    ADD(momentum_linear, kZero), ADD(momentum_angular, kZero), ADD(base_position, kZero);
    ADD(base_orientation, kZero), ADD(joint_position, kPositive), ADD(force, kPositive);
    ADD(moment, kPositive), ADD(foot_velocity, kPositive), ADD(foot_turn, kZero);
    ADD(joint_velocity, kZero), ADD(foothold, kZero), ADD(terminal, kZero);
    ADD(barrier_weight, kPositive), ADD(joint_position_limit, kZero);
    ADD(joint_velocity_limit, kZero), ADD(joint_torque_limit, kZero);
    ADD(swing_position_gain, kZero), ADD(capture_gain, kZero);
  }
  const auto adder = [&](const char* prefix) {
    return [this, prefix](const char* name, double& value, Least least) {
      parameters.add(std::string(prefix) + name, value, least);
    };
  };
  {
    auto& section = options;
    auto add = adder("wbc.");
    ADD(joint_kp, kZero), ADD(joint_kd, kZero), ADD(swing_joint_kp, kZero);
    ADD(swing_joint_kd, kZero);
  }
  {
    auto& section = wbc->options;
    auto add = adder("wbc.");
    ADD(contact_kp, kZero), ADD(contact_kd, kZero);
  }
  {
    auto& section = options;
    auto add = adder("control.");
    ADD(hold_kp, kPositive), ADD(hold_kd, kPositive), ADD(linear_acceleration, kPositive);
    ADD(yaw_acceleration, kPositive), ADD(rest_speed, kPositive);
    ADD(posture_bandwidth, kPositive), ADD(posture_speed, kPositive);
    ADD(posture_turn_speed, kPositive);
  }
  estimator_options = estimator->options();
  {
    auto& section = estimator_options;
    auto add = adder("estimator.");
    ADD(gyro_noise, kPositive), ADD(accelerometer_noise, kPositive);
    ADD(gyro_bias_noise, kPositive), ADD(accelerometer_bias_noise, kPositive);
    ADD(joint_position_noise, kPositive), ADD(joint_velocity_noise, kPositive);
    ADD(contact_noise, kPositive), ADD(contact_velocity_noise, kPositive);
    ADD(terrain_noise, kPositive), ADD(slip_speed, kPositive), ADD(slip_displacement, kPositive);
    ADD(slip_time, kPositive), ADD(slip_factor, kPositive), ADD(acceleration_noise, kPositive);
    ADD(tilt_acceleration_noise, kPositive);
  }
  {
    auto& section = estimator_options.contact;
    auto add = adder("estimator.contact.");
    ADD(force_threshold, kPositive), ADD(force_limit, kZero), ADD(torque_limit, kZero);
    ADD(plan_weight, kZero), ADD(still_weight, kZero), ADD(speed, kPositive);
    ADD(height, kPositive), ADD(kinematic_limit, kZero);
  }
#undef ADD
}

void Controller::Impl::list_tasks() {
  for (const TaskLevel& level : tuned_stack)
    for (const auto& task : level) parameters.remove("wbc." + task->name() + "_");
  tuned_stack = wbc->stack();
  for (const TaskLevel& level : tuned_stack)
    for (const auto& task : level) {
      const std::string prefix = "wbc." + task->name() + "_";
      for (const TaskGain& gain : task->tunables())
        parameters.add(prefix + gain.name, gain.values, gain.size, Parameters::Least::kZero);
      parameters.add(prefix + "weight", task->weight, Parameters::Least::kPositive);
    }
}

const Parameters& Controller::parameters() {
  if (impl_->tuned_stack != impl_->wbc->stack()) impl_->list_tasks();
  return impl_->parameters;
}

void Controller::set_parameter(const std::string& name,
                               const Eigen::Ref<const Eigen::VectorXd>& values) {
  parameters();
  impl_->parameters.set(name, values);
  if (name.rfind("estimator.", 0) == 0) impl_->estimator->set_options(impl_->estimator_options);
}

}  // namespace surefoot
