#include <algorithm>
#include <cmath>

#include "mpc/nmpc_impl.hpp"

namespace surefoot {
namespace {
using namespace mpc;
auto index(int i) { return static_cast<std::size_t>(i); }
constexpr double kGravity = 9.81;
using ConstMap3 = Eigen::Map<const Vector3d>;
using Map3 = Eigen::Map<Vector3d>;
}  // namespace

void CentroidalNmpc::Impl::build_grid(double time) {
  // Breaks at every lift-off and touch-down, then nodes shared out by the lengths between.
  const double end = time + options.horizon;
  breaks.clear();
  breaks.push_back(time);
  double at = time;
  while (static_cast<int>(breaks.size()) < options.nodes) {
    double next = end;
    for (int c = 0; c < layout.nc; ++c) next = std::min(next, schedule.next_event(c, at));
    if (next >= end - 1e-6) break;
    if (next - breaks.back() > 1e-6) breaks.push_back(next);
    at = next;
  }
  breaks.push_back(end);
  const int segments = static_cast<int>(breaks.size()) - 1;
  int left = options.nodes, k = 0;
  for (int s = 0; s < segments; ++s) {
    const double length = breaks[index(s + 1)] - breaks[index(s)];
    const double rest = end - breaks[index(s)];
    int count = static_cast<int>(std::lround(left * length / rest));
    count = std::clamp(count, 1, left - (segments - 1 - s));
    if (s == segments - 1) count = left;
    for (int i = 0; i < count; ++i, ++k) {
      auto& interval = intervals[index(k)];
      interval.time = breaks[index(s)] + length * i / count;
      interval.dt = length / count;
      trial.times[index(k)] = interval.time;
    }
    left -= count;
  }
  trial.times[index(options.nodes)] = end;
}

void CentroidalNmpc::Impl::fill_reference(double time, double* x) const {
  const auto pose = reference.at(time);
  std::fill(x, x + layout.nstate, 0.0);
  const Eigen::AngleAxisd turn(pose.yaw, Vector3d::UnitZ());
  const Vector3d spin(0.0, 0.0, command.yaw_rate);
  Map3{x} = pose.velocity + spin.cross(turn * nominal_com);
  Map3{x + 3} = turn * (nominal_inertia * spin);
  Map3{x + 6} = pose.position;
  Eigen::Map<Eigen::Vector4d>{x + 9} = pose.orientation.coeffs();
  for (int i = 0; i < layout.n; ++i) x[13 + i] = leaning_posture[i];
}

void CentroidalNmpc::Impl::lean_posture(double time) {
  // Without it the legs of a tilted base would draw it down the slope. One linear step.
  const auto pose = reference.at(time);
  const Eigen::AngleAxisd turn(pose.yaw, Vector3d::UnitZ());
  for (int c = 0; c < layout.nc; ++c) {
    Vector3d place = turn * nominal_contact[index(c)];
    place.z() += ground.plane().slope.dot(place.head<2>());
    Map3(contact_velocity.data() + 3 * c) =
        pose.orientation.conjugate() * place - nominal_contact[index(c)];
  }
  transcription.velocity_weight().joint_velocities(contact_velocity.data(), leaning_posture.data());
  leaning_posture += posture;
}

Vector3d CentroidalNmpc::Impl::foothold(int c, const SwingInterval& swing) const {
  // Under the reference posture in the middle of the coming stance, and as much further as the
  // linear inverted pendulum needs to stop a velocity error (Raibert, "Legged robots that
  // balance", 1986; Pratt et al., "Capture point", 2006).
  if (!std::isfinite(swing.end)) return feet[index(c)].rest();
  const auto pose = reference.at(swing.end);
  const auto [base, velocity] = planned_base(swing.end);
  const Eigen::AngleAxisd turn(pose.yaw, Vector3d::UnitZ());
  const double stance = std::min(schedule.stance_duration(), options.horizon);
  const double pendulum = std::sqrt(options.height / kGravity);
  Vector3d place = base + turn * nominal_contact[index(c)] + 0.5 * stance * pose.velocity +
                   options.capture_gain * pendulum * (velocity - pose.velocity);
  place.z() = standing_height(c, place.x(), place.y());
  return place;
}

std::pair<Vector3d, Vector3d> CentroidalNmpc::Impl::planned_base(double time) const {
  if (!ready) {
    const auto pose = reference.at(time);
    return {pose.position, pose.velocity};
  }
  double x[128];
  interpolate(plan, time, x);
  const Vector3d velocity = ConstMap3(x);
  const double beyond = std::max(0.0, time - plan.times.back());
  return {ConstMap3(x + 6) + beyond * velocity, velocity};
}

void CentroidalNmpc::Impl::reference_joint_velocities(Interval& interval) {
  // A standing leg goes back under the base as fast as the base goes forward, a swinging leg
  // makes up for it. A reference at rest would brake the robot.
  const Vector3d spin(0.0, 0.0, command.yaw_rate), travel(command.vx, command.vy, 0.0);
  const double duty = schedule.gait().duty;
  const double back = duty < 1.0 ? duty / (1.0 - duty) : 0.0;
  for (int c = 0; c < layout.nc; ++c)
    Map3(contact_velocity.data() + 3 * c) = (interval.contacts[index(c)].stance ? -1.0 : back) *
                                            (travel + spin.cross(nominal_contact[index(c)]));
  transcription.velocity_weight().joint_velocities(contact_velocity.data(),
                                                   interval.input_reference.data() + layout.nf);
}

void CentroidalNmpc::Impl::build_references() {
  lean_posture(intervals.front().time);
  const double weight = transcription_tree().mass() * kGravity;
  for (int c = 0; c < layout.nc; ++c) {
    const auto& foot = feet[index(c)];
    const Vector3d normal = ground_normal(c);
    SwingInterval swing = foot.interval();
    SwingHeight height;
    bool followed = true;  // the swing is the one whose motion is under way or prepared
    Vector3d from = foot.rest(), to = foot.seeking() ? foot.rest() : foothold(c, swing);
    double stance_height = normal.dot(from);
    const bool surface = reduced.contacts[index(c)].size() == 6;
    Vector3d forward =
        surface ? Vector3d(terms.points[index(c)].rotation.col(0)) : Vector3d::UnitX();
    for (int k = 0; k < options.nodes; ++k) {
      auto& interval = intervals[index(k)];
      auto& task = interval.contacts[index(c)];
      const double middle = interval.time + 0.5 * interval.dt;
      task.stance = schedule.in_contact(c, middle);
      task.gain = options.swing_position_gain;
      if (middle >= swing.end) {  // the swing is over: on to the next
        from = to;
        if (followed) from.z() = foot.height(swing.end);
        followed = false;
        stance_height = normal.dot(from);
        swing = schedule.swing(c, middle);
        to = foothold(c, swing);
        if (surface)
          forward = Eigen::AngleAxisd(reference.at(middle).yaw, Vector3d::UnitZ()) *
                    nominal_forward[index(c)];
        height = {swing.start, swing.end, from.z(), to.z(), schedule.gait().swing_height};
      }
      task.normal = task.stance ? normal : Vector3d::UnitZ();
      task.forward = forward;
      if (task.stance) {
        task.velocity = 0.0;
        task.height = stance_height;
        continue;
      }
      const double t0 = interval.time, t1 = t0 + interval.dt;
      const double z0 = followed ? foot.height(t0) : height.at(t0).position;
      const double z1 = followed ? foot.height(t1) : height.at(t1).position;
      task.velocity = (z1 - z0) / interval.dt;
      task.height = z0;
      const double s = std::clamp((t0 - swing.start) / (swing.end - swing.start), 0.0, 1.0);
      const double part = s * s * s * (10.0 + s * (6.0 * s - 15.0));
      const Vector3d base = planned_base(t0).first;
      for (int i = 0; i < 2; ++i) task.target[i] = from[i] + part * (to[i] - from[i]) - base[i];
    }
  }
  for (auto& interval : intervals) {
    fill_reference(interval.time, interval.state_reference.data());
    auto& u = interval.input_reference;
    std::fill(u.begin(), u.end(), 0.0);
    const auto standing = std::count_if(interval.contacts.begin(), interval.contacts.end(),
                                        [](const ContactTask& task) { return task.stance; });
    for (int c = 0; c < layout.nc; ++c)
      if (interval.contacts[index(c)].stance)
        u[index(layout.force[index(c)] + 2)] = weight / static_cast<double>(standing);
    reference_joint_velocities(interval);
  }
  fill_reference(intervals.back().time + intervals.back().dt, terminal_reference.data());
}

void CentroidalNmpc::Impl::guess() {
  for (int k = 0; k <= options.nodes; ++k) {
    const double time = trial.times[index(k)];
    double* x = state(trial, k);
    const auto& wanted =
        k < options.nodes ? intervals[index(k)].state_reference : terminal_reference;
    if (begin != nullptr && time <= begin->times.back()) {
      interpolate(*begin, time, x);
    } else if (begin != nullptr && k > 0) {  // k = 0: the last plan is over
      std::copy(state(trial, k - 1), state(trial, k), x);
      const double* before = intervals[index(k - 1)].state_reference.data();
      for (int i = 6; i < 9; ++i) x[i] += wanted[index(i)] - before[i];
    } else {
      std::copy(wanted.begin(), wanted.end(), x);
    }
    if (k == options.nodes) break;
    double* u = input(trial, k);
    auto& interval = intervals[index(k)];
    std::copy(interval.input_reference.begin(), interval.input_reference.end(), u);
    const double middle = time + 0.5 * interval.dt;
    for (int c = 0; c < layout.nc; ++c)
      trial.contacts[index(k * layout.nc + c)] = interval.contacts[index(c)].stance;
    if (begin == nullptr || middle > begin->times.back()) continue;
    const int old = interval_at(*begin, middle);
    const double* from = begin->inputs.data() + old * layout.nu;
    bool same = true;
    for (int c = 0; c < layout.nc; ++c)
      same = same && begin->contacts[index(old * layout.nc + c)] ==
                         trial.contacts[index(k * layout.nc + c)];
    std::copy(from + layout.nf, from + layout.nu, u + layout.nf);
    if (same) std::copy(from, from + layout.nf, u);
  }
  std::copy(measured.begin(), measured.end(), state(trial, 0));
}

}  // namespace surefoot
