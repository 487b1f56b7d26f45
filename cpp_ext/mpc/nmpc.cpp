#include "surefoot/nmpc.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "mpc/foot_motion.hpp"
#include "mpc/gait_schedule.hpp"
#include "mpc/interior_point.hpp"
#include "mpc/references.hpp"
#include "mpc/transcription.hpp"

namespace surefoot {
namespace {

using namespace mpc;
constexpr double kGravity = 9.81;
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;
using Map3 = Eigen::Map<Vector3d>;

double thread_time() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Weights weights_of(const NmpcOptions& o) {
  return {
      o.momentum_linear, o.momentum_angular, o.base_position, o.base_orientation,  o.joint_position,
      o.force,           o.moment,           o.foot_velocity, o.joint_velocity,    o.foothold,
      o.terminal,        o.force_min,        o.force_max,     o.singular_tolerance};
}

Eigen::VectorXd selected(const Eigen::VectorXd& values, const std::vector<int>& joints) {
  Eigen::VectorXd result(static_cast<Eigen::Index>(joints.size()));
  for (std::size_t i = 0; i < joints.size(); ++i)
    result[static_cast<Eigen::Index>(i)] = values[joints[i]];
  return result;
}

void check(const RobotDescription& description, const NmpcOptions& o) {
  const auto require = [](bool good, const char* what) {
    if (!good) throw std::invalid_argument(what);
  };
  require(o.nodes > 1 && o.horizon > 0.0, "nmpc: nodes must be above 1 and horizon positive");
  require(o.posture.size() == description.nj(), "nmpc: posture has the wrong length");
  require(!o.gaits.empty(), "nmpc: the robot has no gait");
  require(o.joints.size() <= 100, "nmpc: more than 100 joints");
  require(o.force > 0.0 && o.joint_velocity + o.foot_velocity > 0.0,
          "nmpc: input weights must be positive");
  for (const auto& gait : o.gaits)
    require(gait.offset.size() == description.contacts.size(),
            "nmpc: a gait needs one offset for each contact");
}

}  // namespace

struct CentroidalNmpc::Impl {
  Impl(const RobotDescription& description, const NmpcOptions& o)
      : options((check(description, o), o)),
        reduced(reduce(description, o.joints, o.posture)),
        posture(selected(o.posture, o.joints)),
        transcription(reduced, weights_of(o), posture),
        layout(transcription.layout()),
        qp(o.nodes, std::max(layout.nf, layout.n), layout.nx, layout.nc),
        solution(qp),
        interior_point(qp),
        schedule(layout.nc),
        reference({o.height, o.lead_position, o.lead_yaw, o.settle_rate}),
        feet(index(layout.nc)),
        terms(transcription.dynamics().tree().make_terms()) {
    transcription.resize(qp);
    for (const auto& gait : o.gaits)
      gaits.push_back({gait.name, gait.period, gait.duty, gait.offset, gait.swing_height});
    const auto N = index(o.nodes);
    intervals.resize(N);
    for (auto& interval : intervals) {
      interval.contacts.resize(index(layout.nc));
      interval.state_reference.resize(index(layout.nstate));
      interval.input_reference.resize(index(layout.nu));
    }
    terminal_reference.resize(index(layout.nstate));
    allocate(plan);
    allocate(trial);
    base_velocity.resize((N + 1) * 6);
    trial_velocity.resize((N + 1) * 6);
    measured.resize(index(layout.nstate));
    projected_gain.resize(index(qp.nu * qp.nx));
    breaks.reserve(N + 2);
    contact_velocity.resize(index(3 * layout.nc));
    nominal_contact.resize(index(layout.nc));
    transcription.dynamics().tree().positions(Matrix3d::Identity(), posture.data(), terms);
    for (int c = 0; c < layout.nc; ++c) nominal_contact[index(c)] = terms.points[index(c)].position;
    nominal_inertia = terms.inertia / transcription.dynamics().tree().mass();
    nominal_com = terms.com;
  }

  void allocate(NmpcPlan& p) const {
    const auto N = index(options.nodes);
    p.times.assign(N + 1, 0.0);
    p.states.assign((N + 1) * index(layout.nstate), 0.0);
    p.inputs.assign(N * index(layout.nu), 0.0);
    p.gains.assign(N * index(layout.nu * layout.nx), 0.0);
    p.contacts.assign(N * index(layout.nc), 1);
  }

  double* state(NmpcPlan& p, int k) const { return p.states.data() + k * layout.nstate; }
  double* input(NmpcPlan& p, int k) const { return p.inputs.data() + k * layout.nu; }

  /// State of the NMPC from the robot's q and v; leaves `terms` at the measured posture.
  void measure(const Eigen::VectorXd& q, const Eigen::VectorXd& v, TreeTerms& t, double* x) const {
    double joint_velocity[128];
    Quaterniond turn(q[6], q[3], q[4], q[5]);
    turn.normalize();
    for (int i = 0; i < 3; ++i) x[6 + i] = q[i];
    x[9] = turn.x(), x[10] = turn.y(), x[11] = turn.z(), x[12] = turn.w();
    for (int i = 0; i < layout.n; ++i) {
      x[13 + i] = q[7 + options.joints[index(i)]];
      joint_velocity[i] = v[6 + options.joints[index(i)]];
    }
    const auto& tree = transcription_tree();
    const Matrix3d R = turn.toRotationMatrix();
    tree.positions(R, x + 13, t);
    const Vector3d linear = R * v.head<3>(), angular = R * v.segment<3>(3);
    Eigen::Map<Vector6d>(x, 6) = tree.momentum_over_mass(t, linear, angular, joint_velocity);
    tree.velocities(ConstMap3(x + 3), joint_velocity, t);
  }
  const TreeKinematics& transcription_tree() const {
    return const_cast<Transcription&>(transcription).dynamics().tree();
  }

  void reset(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  void solve(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  void track_feet(double time);
  void build_grid(double time);
  void build_references();
  void fill_reference(double time, double* x) const;
  void reference_joint_velocities(Interval& interval);
  Vector3d foothold(int contact, const SwingInterval& swing) const;
  void guess();
  void interpolate(const NmpcPlan& p, double time, double* x) const;
  int interval_at(const NmpcPlan& p, double time) const;
  bool iterate();
  void accept();
  void compute_gains(double until);
  void aim_feet(double time);

  NmpcOptions options;
  RobotDescription reduced;
  Eigen::VectorXd posture;
  Transcription transcription;
  const Layout& layout;
  OcpQp qp;
  OcpQpSolution solution;
  InteriorPoint interior_point;
  GaitSchedule schedule;
  BaseReference reference;
  std::vector<FootMotion> feet;
  TreeTerms terms;
  std::vector<Gait> gaits;
  int gait = 0, active_gait = -1;
  Command command;
  std::vector<Interval> intervals;
  std::vector<double> terminal_reference;
  NmpcPlan plan, trial;
  std::vector<double> base_velocity, trial_velocity;  ///< at nodes, linear and angular, world
  std::vector<double> measured, projected_gain, breaks, contact_velocity;
  std::vector<Vector3d> nominal_contact;
  Matrix3d nominal_inertia;
  Vector3d nominal_com;
  double last_time = 0.0;
  bool ready = false;
  int gains_ready = 0;  ///< nodes of the plan whose gains are known
};

void CentroidalNmpc::Impl::reset(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  measure(q, v, terms, measured.data());
  const ConstMap3 base(measured.data() + 6);
  for (int c = 0; c < layout.nc; ++c) feet[index(c)].reset(base + terms.points[index(c)].position);
  schedule.reset(gaits[index(gait)], time);
  active_gait = gait;
  reference.reset(time, base, heading(terms.base_rotation));
  double ground = 0.0;
  for (int c = 0; c < layout.nc; ++c)
    ground += (feet[index(c)].rest().z() - reduced.contacts[index(c)].radius) / layout.nc;
  reference.set_ground(layout.nc > 0 ? ground : 0.0);
  last_time = time;
  ready = false;
  for (auto& m : solution.multiplier) std::fill(m.begin(), m.end(), 0.0);
}

void CentroidalNmpc::Impl::track_feet(double time) {
  const ConstMap3 base(measured.data() + 6);
  double ground = 0.0, weight = 0.0;
  for (int c = 0; c < layout.nc; ++c) {
    const double radius = reduced.contacts[index(c)].radius;
    const Vector3d position = base + terms.points[index(c)].position;
    if (schedule.in_contact(c, time)) {
      ground += position.z() - radius;
      weight += 1.0;
    }
  }
  if (weight > 0.0) reference.set_ground(ground / weight);
  for (int c = 0; c < layout.nc; ++c) {
    auto& foot = feet[index(c)];
    const SwingInterval swing = schedule.swing(c, time);
    if (!schedule.in_contact(c, time) && foot.swinging(time)) continue;
    foot.prepare(swing, base + terms.points[index(c)].position,
                 reference.ground() + reduced.contacts[index(c)].radius,
                 schedule.gait().swing_height);
  }
}

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
  x[11] = std::sin(0.5 * pose.yaw), x[12] = std::cos(0.5 * pose.yaw);
  for (int i = 0; i < layout.n; ++i) x[13 + i] = posture[i];
}

Vector3d CentroidalNmpc::Impl::foothold(int c, const SwingInterval& swing) const {
  // Under the reference posture in the middle of the coming stance, and as much further as the
  // linear inverted pendulum needs to stop a velocity error (Raibert, "Legged robots that
  // balance", 1986; Pratt et al., "Capture point", 2006).
  if (!std::isfinite(swing.end)) return feet[index(c)].rest();
  double planned[128];
  const auto pose = reference.at(swing.end);
  Vector3d base = pose.position, excess = Vector3d::Zero();
  if (ready) {
    interpolate(plan, swing.end, planned);
    base = ConstMap3(planned + 6);
    excess = ConstMap3(planned) - pose.velocity;
  }
  const Eigen::AngleAxisd turn(pose.yaw, Vector3d::UnitZ());
  const double stance = std::min(schedule.stance_duration(), options.horizon);
  const double pendulum = std::sqrt(options.height / kGravity);
  Vector3d place = base + turn * nominal_contact[index(c)] + 0.5 * stance * pose.velocity +
                   options.capture_gain * pendulum * excess;
  place.z() = reference.ground() + reduced.contacts[index(c)].radius;
  return place;
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
  transcription.joint_velocities(contact_velocity.data(),
                                 interval.input_reference.data() + layout.nf);
}

void CentroidalNmpc::Impl::build_references() {
  const double weight = transcription_tree().mass() * kGravity;
  for (int c = 0; c < layout.nc; ++c) {
    const auto& foot = feet[index(c)];
    const double ground = reference.ground() + reduced.contacts[index(c)].radius;
    SwingInterval swing = foot.interval();
    SwingHeight height = foot.height();
    Vector3d from = foot.rest(), to = foothold(c, swing);
    double stance_height = from.z();
    for (int k = 0; k < options.nodes; ++k) {
      auto& interval = intervals[index(k)];
      auto& task = interval.contacts[index(c)];
      const double middle = interval.time + 0.5 * interval.dt;
      task.stance = schedule.in_contact(c, middle);
      task.gain = options.swing_position_gain;
      task.normal = Vector3d::UnitZ();
      if (middle >= swing.end) {  // the swing is over: on to the next
        from = to;
        stance_height = ground;
        swing = schedule.swing(c, middle);
        to = foothold(c, swing);
        height = {swing.start, swing.end, ground, ground, schedule.gait().swing_height};
      }
      if (task.stance) {
        task.velocity = 0.0;
        task.height = stance_height;
        continue;
      }
      const double z0 = height.at(interval.time).position;
      const double z1 = height.at(interval.time + interval.dt).position;
      task.velocity = (z1 - z0) / interval.dt;
      task.height = z0;
      const double s =
          std::clamp((interval.time - swing.start) / (swing.end - swing.start), 0.0, 1.0);
      const double part = s * s * s * (10.0 + s * (6.0 * s - 15.0));
      for (int i = 0; i < 2; ++i) task.target[i] = from[i] + part * (to[i] - from[i]);
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

int CentroidalNmpc::Impl::interval_at(const NmpcPlan& p, double time) const {
  const auto after = std::upper_bound(p.times.begin(), p.times.end(), time + 1e-9);
  const int k = static_cast<int>(after - p.times.begin()) - 1;
  return std::clamp(k, 0, options.nodes - 1);
}

void CentroidalNmpc::Impl::interpolate(const NmpcPlan& p, double time, double* x) const {
  double dx[128];
  const int k = interval_at(p, time);
  const double* a = p.states.data() + k * layout.nstate;
  const double part = std::clamp(
      (time - p.times[index(k)]) / (p.times[index(k + 1)] - p.times[index(k)]), 0.0, 1.0);
  subtract_states(layout, a + layout.nstate, a, dx);
  for (int i = 0; i < layout.nx; ++i) dx[i] *= part;
  add_tangent(layout, a, dx, x);
}

void CentroidalNmpc::Impl::guess() {
  for (int k = 0; k <= options.nodes; ++k) {
    const double time = trial.times[index(k)];
    double* x = state(trial, k);
    if (ready && time <= plan.times.back()) {
      interpolate(plan, time, x);
    } else if (ready) {
      std::copy(state(trial, k - 1), state(trial, k), x);
      const auto pose = reference.at(time), before = reference.at(trial.times[index(k - 1)]);
      for (int i = 0; i < 3; ++i) x[6 + i] += pose.position[i] - before.position[i];
    } else {
      fill_reference(time, x);
    }
    if (k == options.nodes) break;
    double* u = input(trial, k);
    auto& interval = intervals[index(k)];
    std::copy(interval.input_reference.begin(), interval.input_reference.end(), u);
    const double middle = time + 0.5 * interval.dt;
    for (int c = 0; c < layout.nc; ++c)
      trial.contacts[index(k * layout.nc + c)] = interval.contacts[index(c)].stance;
    if (!ready || middle > plan.times.back()) continue;
    const int old = interval_at(plan, middle);
    const double* from = input(plan, old);
    bool same = true;
    for (int c = 0; c < layout.nc; ++c)
      same = same &&
             plan.contacts[index(old * layout.nc + c)] == trial.contacts[index(k * layout.nc + c)];
    std::copy(from + layout.nf, from + layout.nu, u + layout.nf);
    if (same) std::copy(from, from + layout.nf, u);
  }
  std::copy(measured.begin(), measured.end(), state(trial, 0));
}

bool CentroidalNmpc::Impl::iterate() {
  const double start = thread_time();
  Violations before;
  for (int k = 0; k < options.nodes; ++k)
    transcription.linearize(intervals[index(k)], state(trial, k), input(trial, k),
                            state(trial, k + 1), k, qp, before);
  transcription.terminal(state(trial, options.nodes), terminal_reference.data(), qp);
  const double linearized = thread_time();
  InteriorPointOptions ip;
  ip.iterations = options.iterations;
  ip.tolerance = options.tolerance;
  const double weight = transcription_tree().mass() * kGravity;
  ip.scale = options.force * weight * weight * options.horizon / options.nodes;
  for (auto& m : solution.multiplier) std::fill(m.begin(), m.end(), 0.0);
  const InteriorPointResult result = interior_point.solve(qp, ip, solution);
  trial.linearize_time = linearized - start;
  trial.qp_time = thread_time() - linearized;
  trial.iterations = result.iterations;
  trial.stationarity = result.stationarity;
  trial.complementarity = result.complementarity;
  trial.inequality = result.inequality;
  trial.damped = before.damped;
  if (!result.finite) return false;
  for (int k = 0; k < options.nodes; ++k) {
    transcription.expand(intervals[index(k)], k, qp, solution.z[index(k)].data(), input(trial, k));
    add_tangent(layout, state(trial, k), solution.z[index(k)].data() + qp.nu, state(trial, k));
  }
  add_tangent(layout, state(trial, options.nodes), solution.x_end.data(),
              state(trial, options.nodes));
  Violations after;
  for (int k = 0; k < options.nodes; ++k) {
    transcription.measure(intervals[index(k)], state(trial, k), input(trial, k),
                          state(trial, k + 1), after);
    transcription.base_velocity(state(trial, k), trial_velocity.data() + 6 * k);
    for (int i = 0; i < layout.nu; ++i)
      if (!std::isfinite(input(trial, k)[i])) return false;
  }
  std::copy(trial_velocity.end() - 12, trial_velocity.end() - 6, trial_velocity.end() - 6);
  trial.dynamics = after.dynamics;
  trial.equality = after.equality;
  const bool tight = std::max({trial.dynamics, trial.equality, trial.stationarity,
                               trial.complementarity, trial.inequality}) <= options.tolerance;
  trial.status = result.converged && tight ? SolveStatus::kSolved : SolveStatus::kIterationLimit;
  return std::isfinite(after.dynamics) && std::isfinite(after.equality);
}

void CentroidalNmpc::Impl::accept() {
  std::swap(plan, trial);
  std::swap(base_velocity, trial_velocity);
  plan.age_solves = 0;
  ready = true;
  gains_ready = 0;
  compute_gains(plan.times.front() + options.gain_horizon);
}

void CentroidalNmpc::Impl::compute_gains(double until) {
  // From the factorisation of the last good solve; a failed one leaves the rest zero.
  for (int& k = gains_ready; k < options.nodes && plan.times[index(k)] <= until; ++k) {
    interior_point.riccati().gain(qp, k, projected_gain.data());
    transcription.expand_gain(intervals[index(k)], k, qp, projected_gain.data(),
                              plan.gains.data() + k * layout.nu * layout.nx);
  }
}

void CentroidalNmpc::Impl::aim_feet(double time) {
  double planned[128];
  for (int c = 0; c < layout.nc; ++c) {
    auto& foot = feet[index(c)];
    const double landing = foot.interval().end;
    if (!(landing <= plan.times.back())) continue;
    interpolate(plan, landing, planned);
    transcription_tree().positions(orientation(planned).toRotationMatrix(), planned + 13, terms);
    foot.aim(time, ConstMap3(planned + 6) + terms.points[index(c)].position, options.aim_margin);
  }
}

void CentroidalNmpc::Impl::solve(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  const double start = thread_time();
  measure(q, v, terms, measured.data());
  if (gait != active_gait) {
    schedule.change(gaits[index(gait)], time);
    active_gait = gait;
  }
  const ConstMap3 base(measured.data() + 6);
  const double yaw = heading(terms.base_rotation);
  reference.update(time, command, base, yaw);
  track_feet(time);
  if (command.zero() && schedule.gait().duty >= 1.0 && layout.nc > 0) {
    Vector3d under = Vector3d::Zero();
    const Eigen::AngleAxisd turn(yaw, Vector3d::UnitZ());
    for (int c = 0; c < layout.nc; ++c)
      under += (feet[index(c)].target() - turn * nominal_contact[index(c)]) / layout.nc;
    reference.settle(time - last_time, under);
  }
  last_time = time;
  build_grid(time);
  build_references();
  guess();
  // This solve overwrites the factorisation: gains of the old plan not asked for are lost.
  std::fill(plan.gains.begin() + gains_ready * layout.nu * layout.nx, plan.gains.end(), 0.0);
  gains_ready = options.nodes;
  if (iterate()) {
    accept();
    aim_feet(time);
    plan.solve_time = thread_time() - start;
  } else {
    plan.status = SolveStatus::kFailed;
    ++plan.age_solves;
    plan.solve_time = thread_time() - start;
  }
}

CentroidalNmpc::CentroidalNmpc(const RobotDescription& description, const NmpcOptions& options)
    : impl_(new Impl(description, options)) {}
CentroidalNmpc::~CentroidalNmpc() = default;

int CentroidalNmpc::state_size() const { return impl_->layout.nstate; }
int CentroidalNmpc::tangent_size() const { return impl_->layout.nx; }
int CentroidalNmpc::input_size() const { return impl_->layout.nu; }
const NmpcPlan& CentroidalNmpc::plan() const { return impl_->plan; }
void CentroidalNmpc::compute_gains() {
  if (impl_->ready) impl_->compute_gains(impl_->plan.times.back());
}
const std::vector<Interval>& CentroidalNmpc::intervals() const { return impl_->intervals; }
const std::vector<double>& CentroidalNmpc::terminal_reference() const {
  return impl_->terminal_reference;
}
const OcpQp& CentroidalNmpc::quadratic_program() const { return impl_->qp; }
const OcpQpSolution& CentroidalNmpc::quadratic_solution() const { return impl_->solution; }
int CentroidalNmpc::gait() const { return impl_->gait; }

void CentroidalNmpc::set_command(double vx, double vy, double yaw_rate) {
  impl_->command = {vx, vy, yaw_rate};
}

void CentroidalNmpc::set_gait(int gait) {
  if (gait < 0 || gait >= static_cast<int>(impl_->gaits.size()))
    throw std::out_of_range("nmpc: no gait of that index");
  impl_->gait = gait;
}

void CentroidalNmpc::reset(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  impl_->reset(time, q, v);
}

void CentroidalNmpc::solve(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  impl_->solve(time, q, v);
}

NmpcSample CentroidalNmpc::make_sample() const {
  NmpcSample s;
  const auto nc = static_cast<Eigen::Index>(impl_->layout.nc);
  s.joint_position = impl_->options.posture;
  s.joint_velocity = Eigen::VectorXd::Zero(impl_->options.posture.size());
  s.contacts.assign(index(impl_->layout.nc), 1);
  s.forces.setZero(nc, 6);
  s.contact_position.setZero(nc, 3);
  s.contact_velocity.setZero(nc, 3);
  s.contact_acceleration.setZero(nc, 3);
  s.contact_orientation.setZero(nc, 4);
  return s;
}

void CentroidalNmpc::sample(double time, const Eigen::VectorXd* q, const Eigen::VectorXd* v,
                            NmpcSample& s) const {
  auto& self = *impl_;
  const Layout& layout = self.layout;
  if (!self.ready) throw std::logic_error("nmpc: no plan yet; call solve first");
  const auto& plan = self.plan;
  double x[128], u[256], rate[128], dx[128], actual[128];
  const int k = self.interval_at(plan, time);
  const double t0 = plan.times[index(k)], t1 = plan.times[index(k + 1)];
  const double part = std::clamp((time - t0) / (t1 - t0), 0.0, 1.0);
  self.interpolate(plan, time, x);
  std::copy(plan.inputs.data() + k * layout.nu, plan.inputs.data() + (k + 1) * layout.nu, u);
  if (q != nullptr && v != nullptr) {
    self.measure(*q, *v, self.terms, actual);
    subtract_states(layout, actual, x, dx);
    const double* K = plan.gains.data() + k * layout.nu * layout.nx;
    for (int i = 0; i < layout.nu; ++i)
      for (int j = 0; j < layout.nx; ++j) u[i] += K[i * layout.nx + j] * dx[j];
  }
  const auto& dynamics = self.transcription.dynamics();
  dynamics.evaluate(x, u, self.terms, false);
  dynamics.rate(self.terms, x, u, rate);

  s.base_position = ConstMap3(x + 6);
  s.base_orientation = Eigen::Map<const Eigen::Vector4d>(x + 9);
  for (int i = 0; i < 6; ++i)
    s.base_velocity[i] = (1.0 - part) * self.base_velocity[index(6 * k + i)] +
                         part * self.base_velocity[index(6 * k + 6 + i)];
  // The momentum rate turned into base acceleration with the limbs' own acceleration left out.
  const Vector3d omega = s.base_velocity.tail<3>();
  const double mass = dynamics.tree().mass();
  const Vector3d angular = self.terms.inertia_inverse *
                           (mass * ConstMap3(rate + 3) - omega.cross(self.terms.inertia * omega));
  s.base_acceleration.head<3>() =
      ConstMap3(rate) + self.terms.com.cross(angular) - omega.cross(omega.cross(self.terms.com));
  s.base_acceleration.tail<3>() = angular;
  for (int i = 0; i < layout.n; ++i) {
    s.joint_position[self.options.joints[index(i)]] = x[13 + i];
    s.joint_velocity[self.options.joints[index(i)]] = u[layout.nf + i];
  }
  s.forces.setZero();
  for (int c = 0; c < layout.nc; ++c) {
    const bool stance = self.schedule.in_contact(c, time);
    s.contacts[index(c)] = stance;
    const int size = self.reduced.contacts[index(c)].size();
    for (int i = 0; stance && i < size; ++i) s.forces(c, i) = u[layout.force[index(c)] + i];
    Vector3d position, velocity, acceleration;
    self.feet[index(c)].at(time, position, velocity, acceleration);
    if (stance) {
      velocity.setZero();
      acceleration.setZero();
    }
    s.contact_position.row(c) = position.transpose();
    s.contact_velocity.row(c) = velocity.transpose();
    s.contact_acceleration.row(c) = acceleration.transpose();
    const Quaterniond turn(self.terms.points[index(c)].rotation);
    s.contact_orientation.row(c) = turn.coeffs().transpose();
  }
}

}  // namespace surefoot
