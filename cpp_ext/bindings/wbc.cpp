#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "math/dense_qp.hpp"
#include "surefoot/allocation_counter.hpp"
#include "surefoot/wbc/whole_body_controller.hpp"
#include "task_attributes.hpp"
#include "wbc_backend.hpp"

namespace py = pybind11;
using py::arg;

namespace surefoot {
class StatusObject : public py::object {
  PYBIND11_OBJECT_DEFAULT(StatusObject, object, PyLong_Check)
};
}  // namespace surefoot

namespace pybind11::detail {
template <>
struct handle_type_name<surefoot::StatusObject> {
  static constexpr auto name = const_name("surefoot._cpp.wbc.WbcStatus");
};
}  // namespace pybind11::detail

namespace surefoot {
namespace {

using Vector = Eigen::Ref<const Eigen::VectorXd>;
using Rows =
    Eigen::Ref<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using Flags = WholeBodyController::Contacts;

void expect(bool right, const char* what) {
  if (!right) throw py::value_error(what);
}

/// The controller and the reference that its arguments are copied to.
struct Kernel {
  Kernel(const RobotDescription& description, const WbcOptions& options)
      : core(std::make_shared<WholeBodyController>(description, options)),
        reference(description.nj(), description.nc()) {}

  WbcResult solve(double time, const Vector& q, const Vector& v, const Vector& base_position,
                  const Vector& base_orientation, const Vector& base_velocity,
                  const Vector& base_acceleration, const Vector& joint_position,
                  const Vector& joint_velocity, const Rows& forces, const Rows& contact_position,
                  const Rows& contact_velocity, const Rows& contact_acceleration,
                  const Rows& contact_orientation, const Rows& contact_normal,
                  const Flags& contacts) {
    const auto& robot = controller.description();
    const auto per_contact = [&](const Rows& rows, int width) {
      return rows.rows() == robot.nc() && rows.cols() == width;
    };
    expect(q.size() == robot.nq(), "state.q has the wrong length");
    expect(v.size() == robot.nv(), "state.v has the wrong length");
    expect(base_position.size() == 3, "sample.base_position must be (3,)");
    expect(base_orientation.size() == 4, "sample.base_orientation must be (4,)");
    expect(base_velocity.size() == 6, "sample.base_velocity must be (6,)");
    expect(base_acceleration.size() == 6, "sample.base_acceleration must be (6,)");
    expect(joint_position.size() == robot.nj(), "sample.joint_position must be (nj,)");
    expect(joint_velocity.size() == robot.nj(), "sample.joint_velocity must be (nj,)");
    expect(per_contact(forces, 6), "sample.forces must be (nc, 6)");
    expect(per_contact(contact_position, 3), "sample.contact_position must be (nc, 3)");
    expect(per_contact(contact_velocity, 3), "sample.contact_velocity must be (nc, 3)");
    expect(per_contact(contact_acceleration, 3), "sample.contact_acceleration must be (nc, 3)");
    expect(per_contact(contact_orientation, 4), "sample.contact_orientation must be (nc, 4)");
    expect(per_contact(contact_normal, 3), "sample.contact_normal must be (nc, 3)");
    expect(contacts.size() == robot.nc(), "contacts must be (nc,)");
    py::gil_scoped_release release;
    reference.base_position = base_position;
    reference.base_orientation = base_orientation;
    reference.base_velocity = base_velocity;
    reference.base_acceleration = base_acceleration;
    reference.joint_position = joint_position;
    reference.joint_velocity = joint_velocity;
    reference.forces = forces.transpose();
    reference.contact_position = contact_position.transpose();
    reference.contact_velocity = contact_velocity.transpose();
    reference.contact_acceleration = contact_acceleration.transpose();
    reference.contact_orientation = contact_orientation.transpose();
    reference.contact_normal = contact_normal.transpose();
    const long before = allocation_count();
    const WbcResult& result = controller.solve(time, q, v, reference, contacts);
    allocations = allocation_count() - before;
    return result;
  }

  std::shared_ptr<WholeBodyController> core;  // that a control loop may run too
  WholeBodyController& controller = *core;
  Reference reference;
  long allocations = 0;  // of the last tick
};

/// The enum's own member, so that `result.status is WbcStatus.SOLVED` holds.
StatusObject status(const WbcResult& result) {
  const char* const names[] = {"SOLVED", "RELAXED", "FAILED"};
  return py::reinterpret_borrow<StatusObject>(
      py::type::of(py::cast(result.status)).attr(names[static_cast<int>(result.status)]));
}

std::map<std::string, double> residuals(const WbcResult& result) {
  std::map<std::string, double> values;
  for (std::size_t i = 0; result.names && i < result.names->size(); ++i)
    values[(*result.names)[i]] = result.residuals(static_cast<Eigen::Index>(i));
  return values;
}

/// (kind, index, row, upper) of the limits at their bounds.
std::vector<std::tuple<int, int, int, bool>> active_limits(const WbcResult& result) {
  std::vector<std::tuple<int, int, int, bool>> limits;
  for (const ActiveLimit& limit : result.active)
    limits.emplace_back(static_cast<int>(limit.kind), limit.index, limit.row, limit.upper);
  return limits;
}

std::vector<std::string> task_names(const WbcResult& result) {
  return result.names ? *result.names : std::vector<std::string>();
}

std::map<std::string, double> split(const WbcTimes& times) {
  return {{"model", times.model},
          {"assembly", times.assembly},
          {"factorisation", times.factorisation},
          {"qp", times.qp}};
}

void bind_result(py::module_& m) {
  py::enum_<WbcMode>(m, "WbcMode")
      .value("WEIGHTED", WbcMode::kWeighted)
      .value("STRICT", WbcMode::kStrict);
  py::enum_<WbcStatus>(m, "WbcStatus", "What became of one tick.")
      .value("SOLVED", WbcStatus::kSolved, "every limit holds")
      .value("RELAXED", WbcStatus::kRelaxed, "limits gave way by `slack`, or a task failed")
      .value("FAILED", WbcStatus::kFailed, "the torque is the fallback");
  py::class_<WbcOptions>(m, "WbcOptions")
      .def(py::init<>())
      .def_readwrite("force_min", &WbcOptions::force_min)
      .def_readwrite("force_max", &WbcOptions::force_max)
      .def_readwrite("load_time", &WbcOptions::load_time)
      .def_readwrite("unload_time", &WbcOptions::unload_time)
      .def_readwrite("contact_kp", &WbcOptions::contact_kp)
      .def_readwrite("contact_range", &WbcOptions::contact_range)
      .def_readwrite("contact_kd", &WbcOptions::contact_kd)
      .def_readwrite("corner_velocity", &WbcOptions::corner_velocity)
      .def_readwrite("no_load_velocity", &WbcOptions::no_load_velocity)
      .def_readwrite("check_kkt", &WbcOptions::check_kkt)
      .def_readwrite("regularization", &WbcOptions::regularization)
      .def_readwrite("fallback_time", &WbcOptions::fallback_time)
      .def_readwrite("fallback_kd", &WbcOptions::fallback_kd);
  py::class_<WbcResult>(m, "WbcResult", R"(What one control tick gave.

Attributes
----------
torque
    (nj,) N m, always finite and within the limits.
acceleration
    (nv,) in v's axes.
forces
    (nc, 6) force and moment on the robot, world axes; zero where a contact is free. A point
    contact's force acts where its sphere touches.
status
    `WbcStatus`.
residuals
    Norm of each task's A x - b, by the task's name.
active
    Number of limits at their bound.
active_limits
    Those limits as (kind, index, row, upper): kind 0 a contact and the row of its friction (0 the
    normal force), 1 a joint's torque, 2 a row of a task in `task_names`. By name:
    `WholeBodyController.active_limits`.
iterations
    Active-set changes of the QPs.
kkt
    Largest relative residual of the QPs' optimality conditions, where `check_kkt` is on; else 0.
slack
    Largest amount by which limits gave way (N, N m).
contact_residual
    Largest contact acceleration that could not be prevented, m/s^2.
time_us, split_us
    Wall-clock time of the tick and of its parts, microseconds.)")
      .def_property_readonly("torque", [](const WbcResult& r) { return r.torque; })
      .def_property_readonly("acceleration", [](const WbcResult& r) { return r.acceleration; })
      .def_property_readonly(
          "forces", [](const WbcResult& r) { return Eigen::MatrixXd(r.forces.transpose()); })
      .def_property_readonly("residuals", &residuals)
      .def_property_readonly("status", &status)
      .def_property_readonly("active", [](const WbcResult& r) { return r.active.size(); })
      .def_property_readonly("active_limits", &active_limits)
      .def_property_readonly("task_names", &task_names)
      .def_readonly("iterations", &WbcResult::iterations)
      .def_readonly("kkt", &WbcResult::kkt)
      .def_readonly("slack", &WbcResult::slack)
      .def_readonly("contact_residual", &WbcResult::contact_residual)
      .def_property_readonly("time_us", [](const WbcResult& r) { return r.times.total; })
      .def_property_readonly("split_us", [](const WbcResult& r) { return split(r.times); });
}

void bind_qp(py::module_& m) {
  py::enum_<QpStatus>(m, "QpStatus")
      .value("SOLVED", QpStatus::kSolved)
      .value("INFEASIBLE", QpStatus::kInfeasible)
      .value("ITERATION_LIMIT", QpStatus::kIterationLimit)
      .value("NOT_CONVEX", QpStatus::kNotConvex);
  m.def(
      "solve_qp",
      [](const Eigen::MatrixXd& H, const Eigen::VectorXd& g, const Eigen::MatrixXd& C,
         const Eigen::VectorXd& lower, const Eigen::VectorXd& upper) {
        const auto n = g.size(), rows = C.rows();
        expect(H.rows() == n && H.cols() == n, "H must be (n, n)");
        expect(C.cols() == n || rows == 0, "C must be (m, n)");
        expect(lower.size() == rows && upper.size() == rows, "bounds must be (m,)");
        DenseQp qp(static_cast<int>(n), static_cast<int>(rows));
        const QpStatus status = qp.solve(H, g, DenseRows(C), lower, upper);
        return py::make_tuple(status, Eigen::VectorXd(qp.x()), Eigen::VectorXd(qp.multipliers()),
                              qp.iterations());
      },
      arg("H"), arg("g"), arg("C"), arg("lower"), arg("upper"),
      R"(Solve min 1/2 x'Hx + g'x, lower <= Cx <= upper, H positive definite (lower triangle read).

Returns (status, x, multipliers, iterations); H x + g + C' multipliers = 0. Goldfarb-Idnani.)");
}

}  // namespace

void bind_wbc(py::module_& m) {
  m.def("allocation_count", &allocation_count,
        "Heap allocations that Surefoot's libraries have made on this thread.");
  bind_qp(m);
  bind_result(m);
  bind_wbc_tasks(m);
  py::class_<WholeBodyController, std::shared_ptr<WholeBodyController>>(m, "WholeBodyCore");
  py::class_<Kernel>(m, "WholeBodyKernel", "See surefoot.wbc.WholeBodyController.")
      .def(py::init<const RobotDescription&, const WbcOptions&>(), arg("description"),
           arg("options"))
      .def(
          "set_stack",
          [](Kernel& k, const Stack& stack, const TaskLevel& limits) {
            k.controller.set_stack(stack, limits);
          },
          arg("stack"), arg("limits"))
      .def_readonly("core", &Kernel::core)
      .def("reset", [](Kernel& k) { k.controller.reset(); })
      .def(
          "set_backend",
          [](Kernel& k, const py::object& backend) {
            k.controller.set_backend(backend.is_none() ? nullptr : python_backend(backend));
          },
          arg("backend"))
      .def_property(
          "mode", [](const Kernel& k) { return k.controller.mode; },
          [](Kernel& k, WbcMode mode) { k.controller.mode = mode; })
      .def_property(
          "options", [](Kernel& k) { return &k.controller.options; },
          [](Kernel& k, const WbcOptions& options) { k.controller.options = options; })
      .def_readonly("allocations", &Kernel::allocations, "heap allocations of the last tick")
      .def("solve", &Kernel::solve);
}

}  // namespace surefoot
