#include "surefoot/wbc/whole_body_controller.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "wbc/contact_set.hpp"
#include "wbc/hierarchy.hpp"
#include "wbc/limits.hpp"
#include "wbc/physics.hpp"

namespace surefoot {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double, std::micro>(end - begin).count();
}

}  // namespace

struct WholeBodyController::Impl {
  Impl(const RobotDescription& robot)
      : description(robot),
        body(description),
        contacts(description),
        limits(description, contacts.max_friction_rows()),
        physics(description.nv(), contacts.max_force_size()),
        q(description.nq()),
        v(description.nv()),
        body_q(Eigen::VectorXd::Constant(description.nq(), NAN)),
        body_v(Eigen::VectorXd::Constant(description.nv(), NAN)),
        last_torque(Eigen::VectorXd::Zero(description.nj())) {
    result.torque.setZero(description.nj());
    result.acceleration.setZero(description.nv());
    result.forces.setZero(6, description.nc());
  }

  bool solve_tick(double step, const Reference& reference,
                  const Eigen::Ref<const Contacts>& carrying, WbcMode mode,
                  const WbcOptions& options);
  void fall_back(double dt, const WbcOptions& options);
  /// Takes over a state.
  void take(const Eigen::Ref<const Eigen::VectorXd>& new_q,
            const Eigen::Ref<const Eigen::VectorXd>& new_v) {
    q = new_q;
    q.segment<4>(3).normalize();
    v = new_v;
  }
  /// The model's terms at that state, if it has not got them.
  void update_body() {
    if (q == body_q && v == body_v) return;
    body.update(q, v);
    body_q = q;
    body_v = v;
  }

  const RobotDescription description;
  RigidBody body;
  ContactSet contacts;
  Limits limits;
  Physics physics;
  std::unique_ptr<Hierarchy> hierarchy;
  std::shared_ptr<QpBackend> backend;
  Stack stack;
  TaskLevel hard;  // inequality tasks that always hold
  Eigen::VectorXd q, v;
  Eigen::VectorXd body_q, body_v;  ///< that the model's terms are of
  Eigen::VectorXd last_torque;
  double last_time = 0.0, fade = 0.0;
  double spent_before = 0.0;  ///< us, for this tick
  bool running = false;
  WbcResult result;
};

WholeBodyController::WholeBodyController(const RobotDescription& description,
                                         const WbcOptions& options)
    : options(options), impl_(new Impl(description)) {
  impl_->limits.set_torque_speed(options.corner_velocity, options.no_load_velocity);
  set_stack({});
}

WholeBodyController::~WholeBodyController() = default;
WholeBodyController::WholeBodyController(WholeBodyController&&) noexcept = default;

void WholeBodyController::set_stack(Stack stack, TaskLevel limits) {
  const int unknowns = impl_->description.nv() + impl_->contacts.max_force_size();
  int rows = 0;
  auto names = std::make_shared<std::vector<std::string>>();
  const auto take = [&](const std::shared_ptr<Task>& task) {
    if (!task) throw std::invalid_argument("a stack holds an empty task");
    task->bind(impl_->description, unknowns);
    rows += static_cast<int>(task->rows().target.size());
    names->push_back(task->name());
  };
  for (const auto& level : stack)
    for (const auto& task : level) take(task);
  for (const auto& task : limits) {
    take(task);
    if (!task->is_inequality())
      throw std::invalid_argument("task '" + task->name() + "' is no inequality: not a limit");
  }
  if (stack.empty()) stack.emplace_back();
  impl_->stack = std::move(stack);
  impl_->hard = std::move(limits);
  impl_->limits.set_tasks(impl_->hard, impl_->stack);
  impl_->hierarchy = std::make_unique<Hierarchy>(
      unknowns, rows, static_cast<int>(impl_->stack.size()), impl_->limits);
  impl_->hierarchy->set_backend(impl_->backend);
  impl_->result.residuals.setZero(static_cast<Eigen::Index>(names->size()));
  impl_->result.names = std::move(names);
  impl_->result.active.reserve(static_cast<std::size_t>(impl_->limits.max_count()));
}

const Stack& WholeBodyController::stack() const { return impl_->stack; }
const RobotDescription& WholeBodyController::description() const { return impl_->description; }
const WbcResult& WholeBodyController::result() const { return impl_->result; }

void WholeBodyController::set_backend(std::shared_ptr<QpBackend> backend) {
  impl_->backend = std::move(backend);
  impl_->hierarchy->set_backend(impl_->backend);
}

void WholeBodyController::reset() {
  impl_->contacts.reset();
  for (const auto& level : impl_->stack)
    for (const auto& task : level) task->reset();
  for (const auto& task : impl_->hard) task->reset();
  impl_->hierarchy->reset();
  impl_->running = false;
  impl_->fade = 0.0;
  impl_->last_torque.setZero();
}

const Eigen::Matrix<double, 6, 1>& WholeBodyController::momentum(
    const Eigen::Ref<const Eigen::VectorXd>& q, const Eigen::Ref<const Eigen::VectorXd>& v) {
  const auto begin = Clock::now();
  impl_->take(q, v);
  impl_->update_body();
  impl_->spent_before = microseconds(begin, Clock::now());
  return impl_->body.centroidal_momentum();
}

const WbcResult& WholeBodyController::solve(double time, const Eigen::Ref<const Eigen::VectorXd>& q,
                                            const Eigen::Ref<const Eigen::VectorXd>& v,
                                            const Reference& reference,
                                            const Eigen::Ref<const Contacts>& contacts) {
  const auto begin = Clock::now();
  Impl& impl = *impl_;
  const double dt = impl.running ? std::max(time - impl.last_time, 0.0) : 0.0;
  const bool sized = q.size() == impl.q.size() && v.size() == impl.v.size() &&
                     contacts.size() == impl.description.nc();
  const bool finite = sized && std::isfinite(time) && q.allFinite() && v.allFinite() &&
                      q.segment<4>(3).squaredNorm() > 0.25 && reference.all_finite() &&
                      (reference.contact_normal.colwise().squaredNorm().array() > 0.25).all();
  bool usable = false;
  impl.v.setZero();
  if (finite) {
    impl.take(q, v);
    // The first tick has no force to ramp from.
    const double step = impl.running ? dt : std::max(options.load_time, 1.0);
    impl.running = true;
    usable = impl.solve_tick(step, reference, contacts, mode, options);
  }
  if (std::isfinite(time)) impl.last_time = time;
  if (usable) {
    impl.last_torque = impl.result.torque;
    impl.fade = 1.0;
  } else {
    impl.fall_back(dt, options);
  }
  impl.result.times.total =
      microseconds(begin, Clock::now()) + std::exchange(impl.spent_before, 0.0);
  return impl.result;
}

bool WholeBodyController::Impl::solve_tick(double step, const Reference& reference,
                                           const Eigen::Ref<const Contacts>& carrying, WbcMode mode,
                                           const WbcOptions& options) {
  const Tick tick{description, body, q, v, reference, contacts};
  const auto start = Clock::now();
  update_body();
  for (int i = 0; i < body.nc(); ++i) body.frame_jacobian(i);  // all tasks' terms, for the clock
  const auto modelled = Clock::now();
  const ContactOptions contact_options{options.force_min,    options.force_max,  options.load_time,
                                       options.unload_time,  options.contact_kp, options.contact_kd,
                                       options.contact_range};
  contacts.switch_contacts(carrying, step, contact_options);
  contacts.update(body, v, reference, contact_options);
  for (const auto& level : stack)
    for (const auto& task : level) task->update(tick);
  for (const auto& task : hard) task->update(tick);
  bool complete = true;
  for (const auto& level : stack)
    for (const auto& task : level) complete &= !task->failed();
  for (const auto& task : hard) complete &= !task->failed();
  limits.update(tick);
  const auto assembled = Clock::now();
  physics.eliminate(tick);
  const auto factorised = Clock::now();
  hierarchy->check_kkt = options.check_kkt;
  const StackOutcome outcome =
      mode == WbcMode::kWeighted
          ? hierarchy->solve_weighted(stack, physics, limits, options.regularization)
          : hierarchy->solve_strict(stack, physics, limits);
  result.times = {microseconds(start, modelled) + spent_before, microseconds(modelled, assembled),
                  microseconds(assembled, factorised), microseconds(factorised, Clock::now()), 0.0};
  result.iterations = outcome.iterations;
  result.active.clear();
  for (const int code : hierarchy->active())
    result.active.push_back(limits.describe(code < 0 ? -1 - code : code, code >= 0));
  result.kkt = outcome.kkt;
  result.slack = outcome.slack;
  result.contact_residual = physics.contact_residual();
  if (outcome.status != QpStatus::kSolved) return false;
  const auto x = hierarchy->x();
  if (!x.allFinite()) return false;
  limits.torque(x, result.torque);
  if (!result.torque.allFinite()) return false;
  result.torque = result.torque.cwiseMin(limits.effort_upper).cwiseMax(limits.effort_lower);
  result.acceleration = x.head(description.nv());
  result.forces.setZero();
  for (const auto& contact : contacts.active())
    result.forces.col(contact.index).head(contact.size) =
        x.segment(description.nv() + contact.offset, contact.size);
  contacts.remember(x.tail(contacts.force_size()));
  const auto residual = [&x](const Task& task) {
    return task.failed() ? std::numeric_limits<double>::quiet_NaN() : task.residual(x);
  };
  int index = 0;
  for (const auto& level : stack)
    for (const auto& task : level) result.residuals(index++) = residual(*task);
  for (const auto& task : hard) result.residuals(index++) = residual(*task);
  constexpr double kUnmet = 1e-6;  // slack below this is rounding
  result.status =
      !complete || outcome.inexact || outcome.slack > kUnmet || result.contact_residual > kUnmet
          ? WbcStatus::kRelaxed
          : WbcStatus::kSolved;
  return true;
}

void WholeBodyController::Impl::fall_back(double dt, const WbcOptions& options) {
  // A bad time stamp must not keep the last torque alive.
  const double elapsed = std::isfinite(dt) ? dt : options.fallback_time;
  fade = options.fallback_time > 0.0 ? std::max(0.0, fade - elapsed / options.fallback_time) : 0.0;
  result.torque =
      fade * last_torque - (1.0 - fade) * options.fallback_kd * v.tail(description.nj());
  result.torque = result.torque.cwiseMin(limits.effort_upper).cwiseMax(limits.effort_lower);
  result.acceleration.setZero();
  result.forces.setZero();
  result.residuals.setZero();
  result.active.clear();
  result.status = WbcStatus::kFailed;
}

}  // namespace surefoot
