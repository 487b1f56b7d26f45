#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "mpc/clock.hpp"
#include "mpc/nmpc_impl.hpp"
#include "surefoot/allocation_counter.hpp"

namespace surefoot {
namespace {

using namespace mpc;
constexpr double kGravity = 9.81;
auto index(int i) { return static_cast<std::size_t>(i); }
using ConstMap3 = Eigen::Map<const Vector3d>;

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
  require(o.height > 0.0, "nmpc: height must be positive");
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

CentroidalNmpc::Impl::Impl(const RobotDescription& description, const NmpcOptions& o)
    : options((check(description, o), o)),
      reduced(reduce(description, o.joints, o.posture)),
      posture(selected(o.posture, o.joints)),
      leaning_posture(posture),
      transcription(reduced, Weights(o), posture),
      layout(transcription.layout()),
      qp(o.nodes, std::max(layout.nf, layout.n), layout.nx, transcription.block_capacity()),
      solution(qp),
      interior_point(qp),
      warm_start(o.nodes, layout.nc),
      schedule(layout.nc),
      reference({o.height, o.lead_position, o.lead_yaw, o.settle_rate, o.slope_share}),
      base_acceleration(transcription.dynamics(), o.singular_tolerance),
      ground({o.slope_span, o.slope_time, o.slope_limit}),
      feet(index(layout.nc)),
      stood(index(layout.nc)),
      stood_axes(index(layout.nc)),
      terms(transcription.dynamics().tree().make_terms()) {
  transcription.resize(qp);
  transcription.scale_residuals(o.height);
  terrain_height.reserve(index(layout.nc));
  terrain_normal.reserve(index(layout.nc));
  for (const auto& gait : o.gaits)
    gaits.push_back(
        {gait.name, gait.period, gait.duty, gait.offset, gait.swing_height, gait.shift_time});
  const auto N = index(o.nodes);
  intervals.resize(N);
  for (auto& interval : intervals) {
    interval.contacts.resize(index(layout.nc));
    interval.state_reference.resize(index(layout.nstate));
    interval.input_reference.resize(index(layout.nu));
  }
  terminal_reference.resize(index(layout.nstate));
  for (NmpcPlan* p : {&plan, &trial, &rejected, &base}) allocate(*p);
  base_velocity.resize((N + 1) * 6);
  trial_velocity.resize((N + 1) * 6);
  step.resize(index(qp.nx));
  limits = {o.plan_dynamics,     o.plan_equality,           o.plan_force,
            o.plan_joint_margin, Eigen::VectorXd(layout.n), Eigen::VectorXd(layout.n)};
  for (int i = 0; i < layout.n; ++i) {
    limits.lower[i] = reduced.joints[index(i)].position_lower;
    limits.upper[i] = reduced.joints[index(i)].position_upper;
  }
  measured.resize(index(layout.nstate));
  projected_gain.resize(index(qp.nu * qp.nx));
  breaks.reserve(N + 2);
  contact_velocity.resize(index(3 * layout.nc));
  nominal_contact.resize(index(layout.nc));
  nominal_forward.resize(index(layout.nc));
  transcription.dynamics().tree().positions(Matrix3d::Identity(), posture.data(), terms);
  for (int c = 0; c < layout.nc; ++c) {
    nominal_contact[index(c)] = terms.points[index(c)].position;
    nominal_forward[index(c)] = terms.points[index(c)].rotation.col(0);
  }
  nominal_inertia = terms.inertia / transcription.dynamics().tree().mass();
  nominal_com = terms.com;
}

void CentroidalNmpc::Impl::allocate(NmpcPlan& p) const {
  const auto N = index(options.nodes);
  p.times.assign(N + 1, 0.0);
  p.states.assign((N + 1) * index(layout.nstate), 0.0);
  p.inputs.assign(N * index(layout.nu), 0.0);
  p.gains.assign(N * index(layout.nu * layout.nx), 0.0);
  p.contacts.assign(N * index(layout.nc), 1);
}

void CentroidalNmpc::Impl::place(const Eigen::VectorXd& q, double* x) const {
  Quaterniond turn(q[6], q[3], q[4], q[5]);
  turn.normalize();
  for (int i = 0; i < 3; ++i) x[6 + i] = q[i];
  x[9] = turn.x(), x[10] = turn.y(), x[11] = turn.z(), x[12] = turn.w();
  for (int i = 0; i < layout.n; ++i) x[13 + i] = q[7 + options.joints[index(i)]];
}

void CentroidalNmpc::Impl::measure(const Eigen::VectorXd& q, const Eigen::VectorXd& v, TreeTerms& t,
                                   double* x, bool complete) const {
  double joint_velocity[128];
  place(q, x);
  for (int i = 0; i < layout.n; ++i) joint_velocity[i] = v[6 + options.joints[index(i)]];
  const auto& tree = transcription_tree();
  const Matrix3d R = orientation(x).toRotationMatrix();
  const Vector3d linear = R * v.head<3>(), angular = R * v.segment<3>(3);
  if (!complete) {
    Eigen::Map<Vector6d>(x, 6) =
        tree.momentum_over_mass(R, x + 13, linear, angular, joint_velocity, t);
    return;
  }
  tree.positions(R, x + 13, t);
  Eigen::Map<Vector6d>(x, 6) = tree.momentum_over_mass(t, linear, angular, joint_velocity);
  tree.velocities(ConstMap3(x + 3), joint_velocity, t);
}

void CentroidalNmpc::Impl::reset(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  measure(q, v, terms, measured.data());
  const ConstMap3 base(measured.data() + 6);
  double height = 0.0;
  for (int c = 0; c < layout.nc; ++c) {
    stood[index(c)] = base + terms.points[index(c)].position;
    stood_axes[index(c)] = terms.points[index(c)].rotation;
    feet[index(c)].reset(stood[index(c)]);
    height += (stood[index(c)].z() - reduced.contacts[index(c)].radius) / layout.nc;
  }
  schedule.reset(gaits[index(gait)], time);
  active_gait = gait;
  reference.reset(time, base, heading(terms.base_rotation));
  ground.reset(height);
  reference.set_ground(ground.plane());
  last_time = ground_time = time;
  ready = prepared = false;
  warm_start.forget();
  begin = nullptr;
}

void CentroidalNmpc::Impl::aim_feet(double time) {
  double planned[128];
  for (int c = 0; c < layout.nc; ++c) {
    auto& foot = feet[index(c)];
    const double landing = foot.interval().end;
    if (!(landing <= plan.times.back())) continue;
    interpolate(plan, landing, planned);
    transcription_tree().positions(orientation(planned).toRotationMatrix(), planned + 13, terms);
    Vector3d place = ConstMap3(planned + 6) + terms.points[index(c)].position;
    place.z() = standing_height(c, place.x(), place.y());
    foot.aim(time, place, options.aim_margin);
  }
}

void CentroidalNmpc::Impl::ask(double time) {
  const ConstMap3 base(measured.data() + 6);
  const double yaw = heading(terms.base_rotation);
  reference.update(time, command, base, yaw);
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
}

void CentroidalNmpc::Impl::follow_gait(double time) {
  if (gait == active_gait) return;
  schedule.change(gaits[index(gait)], time);
  active_gait = gait;
}

void CentroidalNmpc::Impl::solve(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  const double start = thread_time();
  start_clock(start);
  const long allocated = allocation_count();
  measure(q, v, terms, measured.data());
  follow_gait(time);
  track_feet(time);
  ask(time);
  linearize();
  conclude();
  if (plan.status != SolveStatus::kFailed) aim_feet(time);
  plan.solve_time = thread_time() - start;
  plan.allocations = allocation_count() - allocated;
}

void CentroidalNmpc::Impl::prepare(double time) {
  if (!ready) throw std::logic_error("nmpc: no plan yet; call solve first");
  const double start = thread_time();
  const long allocated = allocation_count();
  interpolate(plan, time, measured.data());
  transcription_tree().positions(orientation(measured.data()).toRotationMatrix(),
                                 measured.data() + 13, terms);
  ask(time);
  linearize();
  prepared = true;
  prepare_time = thread_time() - start;
  prepare_allocations = allocation_count() - allocated;
}

void CentroidalNmpc::Impl::feedback(const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  if (!prepared) throw std::logic_error("nmpc: call prepare before feedback");
  const double start = thread_time();
  start_clock(start - prepare_time);
  const long allocated = allocation_count();
  measure(q, v, terms, measured.data());
  subtract_states(layout, measured.data(), state(trial, 0), qp.dx0.data());
  // A foot's motion may be changed only now: until this instant the old plan was followed.
  track_feet(last_time);
  conclude();
  if (plan.status != SolveStatus::kFailed) aim_feet(last_time);
  follow_gait(last_time);
  plan.feedback_time = thread_time() - start;
  plan.solve_time = prepare_time + plan.feedback_time;
  plan.allocations = prepare_allocations + allocation_count() - allocated;
}

void CentroidalNmpc::Impl::solve_problem(const std::vector<Interval>& asked,
                                         const std::vector<double>& terminal,
                                         const std::vector<double>& x) {
  const double start = thread_time();
  start_clock(start);
  bool good = asked.size() == intervals.size() && terminal.size() == terminal_reference.size() &&
              x.size() == measured.size();
  for (const auto& interval : asked)
    good = good && interval.contacts.size() == index(layout.nc) && interval.dt > 0.0 &&
           interval.state_reference.size() == index(layout.nstate) &&
           interval.input_reference.size() == index(layout.nu);
  if (!good) throw std::invalid_argument("nmpc: the problem's sizes do not fit the options");
  intervals = asked;
  terminal_reference = terminal;
  measured = x;
  for (int k = 0; k < options.nodes; ++k) trial.times[index(k)] = intervals[index(k)].time;
  trial.times.back() = intervals.back().time + intervals.back().dt;
  linearize();
  conclude();
  plan.solve_time = thread_time() - start;
}

CentroidalNmpc::CentroidalNmpc(const RobotDescription& description, const NmpcOptions& options)
    : impl_(new Impl(description, options)) {}
CentroidalNmpc::~CentroidalNmpc() = default;

int CentroidalNmpc::state_size() const { return impl_->layout.nstate; }
int CentroidalNmpc::tangent_size() const { return impl_->layout.nx; }
int CentroidalNmpc::input_size() const { return impl_->layout.nu; }
void CentroidalNmpc::prepare(double time) { impl_->prepare(time); }
bool CentroidalNmpc::prepared() const { return impl_->prepared; }
void CentroidalNmpc::feedback(const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  impl_->feedback(q, v);
}
void CentroidalNmpc::solve_problem(const std::vector<Interval>& intervals,
                                   const std::vector<double>& terminal_reference,
                                   const std::vector<double>& x) {
  impl_->solve_problem(intervals, terminal_reference, x);
}
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

void CentroidalNmpc::set_weights(const NmpcWeights& weights) {
  NmpcWeights& present = impl_->options;
  if (present == weights) return;
  present = weights;
  impl_->transcription.set_weights(weights);
}

void CentroidalNmpc::reset(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  impl_->reset(time, q, v);
}

void CentroidalNmpc::solve(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  impl_->solve(time, q, v);
}

}  // namespace surefoot
