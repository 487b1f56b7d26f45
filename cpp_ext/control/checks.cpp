#include <algorithm>
#include <cmath>

#include "control/controller_impl.hpp"

namespace surefoot {
namespace {

constexpr double kDegrees = 57.29577951308232;

/// s; none before the first tick.
double since(double last, double time) { return std::isnan(last) ? 0.0 : time - last; }

bool at_rest(Phase phase) {
  return phase == Phase::kPassive || phase == Phase::kDamping || phase == Phase::kFault;
}

}  // namespace

void Controller::Impl::judge_sensors() {
  const double gap = since(last_time, time);
  safety.judge(Check::kSensorAge, gap, time);
  const bool finite =
      sample.gyro.allFinite() && sample.accelerometer.allFinite() &&
      sample.joint_position.allFinite() &&
      (sample.joint_velocity.allFinite() || sample.joint_velocity.array().isNaN().all());
  if (finite || std::isnan(finite_time)) finite_time = time;
  safety.judge(Check::kNotFinite, time - finite_time, time);
  if (estimator->status() != EstimatorStatus::kDegraded || std::isnan(healthy_time))
    healthy_time = time;
  safety.judge(Check::kSensorFault, time - healthy_time, time);
  facts.senses = true;
  for (const Check check : {Check::kSensorAge, Check::kNotFinite, Check::kSensorFault})
    facts.senses = facts.senses && safety.record(check).reaction < Reaction::kStop;
}

void Controller::Impl::judge_state() {
  double beyond = 0.0, speed = 0.0, slip = 0.0;
  const bool lies = machine.phase() == Phase::kRighting;
  const double gap = since(last_time, time);
  const double smoothing = options.safety.speed_time;
  const double share = smoothing > 0.0 ? gap / (gap + smoothing) : 1.0;
  for (int j = 0; j < description.nj(); ++j) {
    const JointDescription& joint = description.joints[static_cast<std::size_t>(j)];
    beyond = std::max({beyond, q[7 + j] - joint.position_upper, joint.position_lower - q[7 + j]});
    // What a robot lies on turns its neck and wrists faster than their weak motors do.
    if (joint.velocity_limit <= 0.0 || (lies && !joint_commands.is_of_leg(j))) continue;
    // Smoothed: a foot's impact throws its knee for some milliseconds.
    joint_speed[j] += share * (std::abs(v[6 + j]) - joint_speed[j]);
    speed = std::max(speed, joint_speed[j] / joint.velocity_limit);
  }
  for (int i = 0; i < description.nc(); ++i)
    if (estimator->contacts()[i].in_contact &&
        estimator->contacts()[i].duration > options.contacts.late_time)
      slip = std::max(slip, estimator->foot_velocity(i).head<2>().norm());
  safety.judge(Check::kJointPosition, beyond, time);
  safety.judge(Check::kJointVelocity, speed, time);
  // A robot that rights itself is tilted, stands on no foot, and uses no velocity.
  safety.judge(Check::kTilt, lies ? 0.0 : kDegrees * facts.tilt, time);
  safety.judge(Check::kFootSlip, lies ? 0.0 : slip, time);
  safety.judge(Check::kEstimate, lies ? 0.0 : estimator->velocity_deviation(), time);
  const bool planning = walker && walker->planner().ready() &&
                        (machine.phase() == Phase::kWalk || machine.phase() == Phase::kStop);
  const PlannerStatus none, &planned = planning ? walker->planner().status() : none;
  safety.judge(Check::kPlanAge, planning ? acting_time - planned.start : 0.0, time);
  safety.judge(Check::kPlanFailures, planned.failed_in_row, time);
  safety.judge(Check::kWbcFailures, wbc_failures_in_row, time);
}

void Controller::Impl::watch() {
  judge_sensors();
  const bool active = !at_rest(machine.phase());
  if (active)
    judge_state();
  else
    joint_speed.setZero();
  const Check worst = safety.worst();
  const CheckRecord& record = safety.record(worst);
  facts.safe = record.reaction < Reaction::kStop;
  facts.check = name_of(worst);
  facts.check_value = record.value;
  facts.check_limit = record.limit;
  if (active && record.reaction == Reaction::kDamp)
    machine.enter(Phase::kFault, Reason::kLimit, facts, record.value, record.limit, facts.check);
}

void Controller::Impl::check_command() {
  if (!joint_command.all_finite()) {
    machine.enter(Phase::kFault, Reason::kCommandNotFinite, facts);
    joint_command.position.setZero();
    joint_commands.damp(joint_command);
  }
  joint_commands.clip(joint_command);
  double share = 0.0;
  const double allowed = safety.limit(Check::kTorque, INFINITY);
  const bool active = !at_rest(machine.phase());
  for (int j = 0; active && j < description.nj(); ++j) {
    const JointDescription& joint = description.joints[static_cast<std::size_t>(j)];
    const double total = joint_command.torque[j] +
                         joint_command.kp[j] * (joint_command.position[j] - q[7 + j]) +
                         joint_command.kd[j] * (joint_command.velocity[j] - v[6 + j]);
    if (!(joint.effort_limit > 0.0)) continue;
    share = std::max(share, std::abs(total) / joint.effort_limit);
    const double most = allowed * joint.effort_limit;
    joint_command.torque[j] -= total - std::clamp(total, -most, most);
  }
  safety.judge(Check::kTorque, share, time);
  joint_commands.clip(joint_command);
}

}  // namespace surefoot
