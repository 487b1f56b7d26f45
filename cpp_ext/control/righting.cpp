#include <algorithm>
#include <cmath>

#include "control/controller_impl.hpp"

namespace surefoot {
namespace {

constexpr double kStill = 0.1;  // s of rest after which gravity is measured
constexpr double kAlike = 0.2;  // motions that fit how it lies as well as the best, to this

double heading(const Eigen::VectorXd& q) {
  return std::atan2(2.0 * (q[3] * q[4] + q[5] * q[6]), 1.0 - 2.0 * (q[4] * q[4] + q[5] * q[5]));
}

// The vertical downwards in base axes.
Eigen::Vector3d down_in_base(const Eigen::VectorXd& q) {
  return {2.0 * (q[6] * q[4] - q[3] * q[5]), -2.0 * (q[4] * q[5] + q[6] * q[3]),
          2.0 * (q[3] * q[3] + q[4] * q[4]) - 1.0};
}

// How much of the vertical the sides of a motion have.
double fit(const RightingMotion& motion, const Eigen::Vector3d& down) {
  double sum = 0.0;
  for (const Eigen::Vector3d& side : motion.down) sum += std::max(0.0, side.dot(down));
  return sum;
}

}  // namespace

// From where it has fallen onto its belly, a humanoid onto its soles: the legs are folded, and once
// it lies still the estimator starts anew, with the attitude from gravity. Tilted still, it moves
// through the postures of the motion of [righting] for the side that is down, folds its legs and
// measures again. Legs that fell across each other hold each other while they fold: they part, to
// where none is in another's way, and fold once more.

void Controller::Impl::begin_righting() {
  lying_place = estimator->q().head<2>();
  turning = nullptr;
  turned = measured = tipped = parted = parting = false;
  ++attempts;
  fold_legs(q.tail(description.nj()));
}

void Controller::Impl::part_legs() {
  const auto joints = q.tail(description.nj());
  const double way = (joints - options.righting.parting).cwiseAbs().maxCoeff();
  parted = parting = true;
  fold.begin(time, joints, options.righting.parting,
             std::max(options.fold_time, JointMotion::duration(way, options.fold_speed)));
}

// Of motions that fit alike (a quadruped flat on its back turns either way) each in its turn.
const RightingMotion& Controller::Impl::motion_for(const Eigen::Vector3d& down) const {
  const std::vector<RightingMotion>& motions = options.righting.motions;
  double best = 0.0;
  for (const RightingMotion& motion : motions) best = std::max(best, fit(motion, down));
  const auto fits = [&](const RightingMotion& motion) { return fit(motion, down) > best - kAlike; };
  auto turn = attempts % std::count_if(motions.begin(), motions.end(), fits);
  const auto chosen =
      std::find_if(motions.begin(), motions.end(),
                   [&](const RightingMotion& motion) { return fits(motion) && turn-- == 0; });
  return *chosen;
}

void Controller::Impl::begin_turn() {
  turning = &motion_for(down_in_base(q)).postures;
  next_posture = 0;
  turned = true;
  measured = parted = false;
  fold.begin(time, options.q_lying.tail(description.nj()), turning->front().joints,
             turning->front().duration);
}

void Controller::Impl::righting() {
  const auto let_down = [this](Reason reason, double value, double limit, const char* check) {
    machine.enter(Phase::kDamping, reason, facts, value, limit, check);
    rest();
  };
  if (!facts.safe)
    return let_down(Reason::kLimit, facts.check_value, facts.check_limit, facts.check);
  if (time >= fold.end_time() && parting) {
    parting = false;
    fold_legs(options.righting.parting);
  }
  if (time >= fold.end_time() && turning != nullptr) {
    const Eigen::VectorXd& reached = (*turning)[next_posture].joints;
    if (++next_posture < turning->size()) {
      const RightingPosture& next = (*turning)[next_posture];
      fold.begin(time, reached, next.joints, next.duration);
    } else {
      turning = nullptr;
      fold_legs(reached);
    }
  }
  const Eigen::VectorXd& lying = options.q_lying;
  if (time >= fold.end_time() && turning == nullptr && !parted &&
      (q - lying).tail(description.nj()).cwiseAbs().maxCoeff() > options.fold_beyond)
    part_legs();
  const double lain = time - fold.end_time();
  if (turning == nullptr && lain >= 0.0) {
    if (!measured && std::min(lain, estimator->rest_time()) > kStill) {
      const double yaw = heading(estimator->q());
      measured = estimator->start(sample, NAN, yaw, lying_place.x(), lying_place.y()) == nullptr;
      start_time = time;
      facts.settled = 0.0;
    }
    const double patience = options.righting.patience;
    const bool settled = measured && facts.estimate_ready && facts.settled >= options.settle_time;
    if (!settled && lain > patience) return let_down(Reason::kMoves, facts.speed, 0.0, "");
    if (settled) {
      if (facts.tilt > options.stand_up_tilt_limit) {
        if (turned && facts.rightings_left < 1)
          return let_down(Reason::kNotRighted, attempts, options.righting.attempts, "");
        attempts += turned ? 1 : 0;
        begin_turn();
      } else if (machine.enter(Phase::kStandUp, Reason::kRighted, facts)) {
        begin_stand_up();
        return stand_up();
      }
    }
  }
  fold.sample(acting_time, joint_command.position, joint_command.velocity);
  joint_commands.hold(joint_command.position, joint_command.velocity, joint_command);
}

}  // namespace surefoot
