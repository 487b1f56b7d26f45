#include <algorithm>

#include "control/controller_impl.hpp"

namespace surefoot {

void Controller::Impl::run_phase() {
  if (wants_to_damp && machine.phase() != Phase::kDamping && machine.phase() != Phase::kFault)
    machine.enter(Phase::kDamping, Reason::kDampAsked, facts);
  switch (machine.phase()) {
    case Phase::kPassive:
      return passive();
    case Phase::kRighting:
      return righting();
    case Phase::kStandUp:
      return stand_up();
    case Phase::kStand:
      return stand();
    case Phase::kWalk:
    case Phase::kStop:
      return walk();
    case Phase::kSit:
      return sit();
    case Phase::kDamping:
      return passive();
    case Phase::kFault:
      joint_command.position = q.tail(description.nj());
      return joint_commands.damp(joint_command);
  }
}

void Controller::Impl::rest() {
  const auto joints = q.tail(description.nj());
  if (!options.hold_at_start || machine.phase() == Phase::kDamping) {
    joint_command.position = joints;
    return joint_commands.damp(joint_command);
  }
  if (!has_hold) hold = joints;
  has_hold = true;
  joint_commands.hold(hold, still, joint_command);
}

void Controller::Impl::passive() {
  const bool tilted = !(facts.tilt <= options.stand_up_tilt_limit);
  const bool can_right = !options.righting.motions.empty();
  if (wants_to_stand && can_right && (tilted || tipped) &&
      machine.enter(Phase::kRighting, Reason::kStandAsked, facts)) {
    begin_righting();
  } else if (wants_to_stand && !(can_right && tilted) &&
             machine.enter(Phase::kStandUp, Reason::kStandAsked, facts)) {
    begin_stand_up();
  }
  rest();
}

void Controller::Impl::fold_legs(const Eigen::Ref<const Eigen::VectorXd>& from) {
  const auto lying = options.q_lying.tail(description.nj());
  const double way = (from - lying).cwiseAbs().maxCoeff();
  fold.begin(time, from, lying,
             std::max(options.fold_time, JointMotion::duration(way, options.fold_speed)));
}

void Controller::Impl::begin_stand_up() {
  const auto joints = q.tail(description.nj());
  const auto nominal = options.q_nominal.tail(description.nj());
  folding = (joints - nominal).cwiseAbs().maxCoeff() > options.fold_beyond;
  if (folding)
    fold_legs(joints);
  else
    rise();
}

void Controller::Impl::rise() {
  posture.reset();
  motion.begin(time, q, options.q_nominal.tail(description.nj()), options.height,
               options.rise_time);
}

void Controller::Impl::stand_up() {
  if (folding) {
    // Legs that lay under the base push it over: let it down and fold from where they are then.
    if (facts.tilt > options.stand_up_tilt_limit &&
        machine.enter(Phase::kDamping, Reason::kLiesTilted, facts, facts.tilt,
                      options.stand_up_tilt_limit)) {
      tipped = true;  // and would be again: righting folds the legs and sees what comes of it
      return rest();
    }
    if (time < fold.end_time()) {
      fold.sample(acting_time, joint_command.position, joint_command.velocity);
      return joint_commands.hold(joint_command.position, joint_command.velocity, joint_command);
    }
    folding = false;
    rise();
  }
  if (time >= motion.end_time() && machine.enter(Phase::kStand, Reason::kStanding, facts))
    attempts = 0;
  motion.sample(acting_time, reference);
  contacts.setConstant(true);
  carrying = contacts;
  track();
}

bool Controller::Impl::wants_to_walk() const {
  if (!walker || options.nmpc.gaits[static_cast<std::size_t>(gait)].duty >= 1.0) return false;
  return options.step_in_place || command != VelocityCommand{};
}

void Controller::Impl::stand() {
  if (!wants_to_stand) {
    if (machine.enter(Phase::kSit, Reason::kSitAsked, facts))
      motion.begin(time, q, options.q_lying.tail(description.nj()), lying_height, options.sit_time);
  } else if (wants_to_walk() && machine.enter(Phase::kWalk, Reason::kWalkAsked, facts)) {
    walker->begin(acting_time);
    posture.reset();
    contact_switch.reset();
    catching = false;
    return walk();
  }
  motion.sample(acting_time, reference);
  contacts.setConstant(true);
  if (catching) {
    carrying = contacts;
    contact_switch.apply(time - last_time, estimator->contacts(), reference, carrying);
    catching = !carrying.all();
    if (!catching) rise();
    return track();
  }
  posture.limit(options.posture_bandwidth, options.posture_speed, options.posture_turn_speed);
  posture.step(posture_command, time - last_time);
  if (posture.active()) {
    posture.apply(reference);
    // The joints' own loops know nothing of the offset: they only damp, about its velocity.
    reference.joint_position = acting_q.tail(description.nj());
    motion.match_joints(acting_q, reference);
  }
  carrying = contacts;
  track();
}

void Controller::Impl::walk() {
  const Check worst = safety.worst();
  const bool go = wants_to_walk() && facts.safe;
  if (!facts.safe && (worst == Check::kPlanAge || worst == Check::kPlanFailures))
    return catch_fall();
  if (go && machine.phase() == Phase::kStop) machine.enter(Phase::kWalk, Reason::kWalkAsked, facts);
  if (!go && machine.phase() == Phase::kWalk)
    machine.enter(Phase::kStop, facts.safe ? Reason::kNoCommand : Reason::kLimit, facts,
                  facts.check_value, facts.check_limit, facts.check);
  VelocityCommand wanted = command;
  if (safety.reaction() == Reaction::kSlowDown) {
    const double share = options.safety.slow_factor;
    wanted = {share * command.vx, share * command.vy, share * command.yaw_rate};
  }
  const bool planned =
      walker->step(acting_time, acting_q, acting_v, wbc->momentum(acting_q, acting_v),
                   estimator->contacts(), wanted, gait, !go, reference, contacts);
  carrying = contacts;
  if (!planned) {  // waits for its first plan as it stood
    if (time - machine.since() > options.plan_patience) give_up_planning(Reason::kNoPlan);
    motion.sample(acting_time, reference);
    contacts.setConstant(true);
    carrying = contacts;
  } else {
    contact_switch.apply(time - last_time, estimator->contacts(), reference, carrying);
    if (walker->at_rest(acting_time)) {
      rise();
      machine.enter(Phase::kStand, Reason::kAtRest, facts);
    }
  }
  track();
}

void Controller::Impl::give_up_planning(Reason reason) {
  machine.enter(Phase::kStand, reason, facts, facts.check_value, facts.check_limit, facts.check);
  plan_again = time + options.safety.hold_time;
}

void Controller::Impl::catch_fall() {
  // Without a plan to walk by: every foot goes down where it is, and the base over them.
  contact_switch.reset();
  contact_switch.search(contacts);
  rise();
  catching = true;
  give_up_planning(safety.worst() == Check::kPlanAge ? Reason::kPlanLost : Reason::kLimit);
  stand();
}

void Controller::Impl::sit() {
  if (time >= motion.end_time()) {
    has_hold = false;
    machine.enter(Phase::kPassive, Reason::kLying, facts);
    joint_command.position = q.tail(description.nj());
    return joint_commands.damp(joint_command);
  }
  motion.sample(acting_time, reference);
  contacts.setConstant(true);
  carrying = contacts;
  track();
}

void Controller::Impl::track() {
  has_reference = tracked = true;
  const WbcResult& result = wbc->solve(acting_time, acting_q, acting_v, reference, carrying);
  timings.wbc_us = result.times.total;
  const bool failed = result.status == WbcStatus::kFailed;
  wbc_failures += failed ? 1 : 0;
  wbc_failures_in_row = failed ? wbc_failures_in_row + 1 : 0;
  joint_commands.track(reference, carrying, result.torque, joint_command);
}

}  // namespace surefoot
