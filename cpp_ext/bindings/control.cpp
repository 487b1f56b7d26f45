#include "surefoot/control/controller.hpp"

#include <pybind11/typing.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

#include "arrays.hpp"
#include "command_arrays.hpp"

namespace py = pybind11;
using py::arg;
using Array = py::array_t<double>;
using Ticked = py::typing::Tuple<Array, Array, Array, Array, Array, long>;

namespace surefoot {
void bind_control_parts(py::module_& m);
void bind_robot_file(py::module_& m);

namespace {

using Numbers = py::array_t<double, py::array::c_style | py::array::forcecast>;

/// Names of the fields that a tick reads, made once: an attribute asked for by a C string makes a
/// Python string every time.
struct Fields {
  static py::handle name(const char* text) {
    py::handle interned(PyUnicode_InternFromString(text));
    if (!interned) throw py::error_already_set();
    return interned;  // lives as long as the interpreter
  }
  py::handle time = name("time"), gyro = name("gyro"), accelerometer = name("accelerometer"),
             joint_position = name("joint_position"), joint_velocity = name("joint_velocity"),
             joint_torque = name("joint_torque"), foot_force = name("foot_force"),
             orientation = name("orientation"), q = name("q"), v = name("v");
};

/// `size` numbers; throws ValueError where the value has another shape.
void read(const py::object& value, py::handle name, double* target, py::ssize_t size) {
  const auto refuse = [&] {
    throw py::value_error("sensors." + py::cast<std::string>(name) + " has the wrong shape");
  };
  if (py::isinstance<py::array_t<double>>(value)) {  // as a rule: nothing to convert
    const auto array = py::reinterpret_borrow<py::array>(value);
    if (array.ndim() != 1 || array.shape(0) != size) refuse();
    const auto* data = static_cast<const char*>(array.data());
    const py::ssize_t stride = array.strides(0);
    for (py::ssize_t i = 0; i < size; ++i)
      std::memcpy(target + i, data + i * stride, sizeof(double));
    return;
  }
  const Numbers values = Numbers::ensure(value);
  if (!values) PyErr_Clear();
  if (!values || values.ndim() != 1 || values.shape(0) != size) refuse();
  std::copy_n(values.data(), size, target);
}

void read_optional(const py::object& value, py::handle name, Eigen::VectorXd& target,
                   Eigen::Index size) {
  target.resize(value.is_none() ? 0 : size);
  if (!value.is_none()) read(value, name, target.data(), size);
}

/// The controller and what its arguments are copied to.
struct Core {
  Core(const RobotDescription& description, const ControlOptions& options,
       std::shared_ptr<StateEstimator> estimator, std::shared_ptr<WholeBodyController> wbc)
      : controller(description, options, std::move(estimator), std::move(wbc)) {
    sensors.joint_position.setZero(description.nj());
    sensors.joint_velocity.setZero(description.nj());
    truth.q.setZero(description.nq());
    truth.v.setZero(description.nv());
  }

  /// Fields of surefoot.data.JointCommand in their order, and how much there was to log so far.
  Ticked step(const py::object& sample, const py::object& true_state) {
    const auto begin = std::chrono::steady_clock::now();
    const auto& robot = controller.description();
    const auto get = [](const py::object& from, py::handle name) {
      return py::object(from.attr(name));
    };
    sensors.time = py::cast<double>(get(sample, fields.time));
    if (!(sensors.time > last_time) || !std::isfinite(sensors.time))
      throw py::value_error("sensors.time does not go forward");
    const auto take = [&](const py::object& from, py::handle name, double* to, py::ssize_t size) {
      read(get(from, name), name, to, size);
    };
    take(sample, fields.gyro, sensors.gyro.data(), 3);
    take(sample, fields.accelerometer, sensors.accelerometer.data(), 3);
    take(sample, fields.joint_position, sensors.joint_position.data(), robot.nj());
    take(sample, fields.joint_velocity, sensors.joint_velocity.data(), robot.nj());
    read_optional(get(sample, fields.joint_torque), fields.joint_torque, sensors.joint_torque,
                  robot.nj());
    read_optional(get(sample, fields.foot_force), fields.foot_force, sensors.foot_force,
                  robot.nc());
    const py::object orientation = get(sample, fields.orientation);
    if (orientation.is_none())
      sensors.orientation.setConstant(NAN);
    else
      read(orientation, fields.orientation, sensors.orientation.data(), 4);
    const bool told = !true_state.is_none();
    if (told) {
      take(true_state, fields.q, truth.q.data(), robot.nq());
      take(true_state, fields.v, truth.v.data(), robot.nv());
    }
    last_time = sensors.time;
    const JointCommand* command = nullptr;
    {
      py::gil_scoped_release release;
      command = &controller.step(sensors, told ? &truth : nullptr);
    }
    const auto& [position, velocity, kp, kd, torque] = arrays.take(*command);
    Ticked result = py::make_tuple(position, velocity, kp, kd, torque, events());
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - begin;
    step_us = spent.count();
    return result;
  }

  /// Changes with everything that is logged: changes of phase, refusals, failed solves and ticks.
  long events() const {
    const PhaseMachine& machine = controller.machine();
    const Planner* planner = controller.planner();
    return static_cast<long>(machine.count()) + static_cast<long>(machine.refusals()) +
           (planner == nullptr ? 0 : planner->status().failed + !planner->status().scheduled) +
           controller.wbc_failures();
  }

  /// Fields of surefoot.data.PlanSample in their order, or None.
  py::object sample() const {
    const Reference* r = controller.reference();
    if (r == nullptr) return py::none();
    const auto rows = [](const auto& columns) { return Eigen::MatrixXd(columns.transpose()); };
    return py::make_tuple(
        controller.acting_time(), r->base_position, r->base_orientation, r->base_velocity,
        r->base_acceleration, r->joint_position, r->joint_velocity, controller.planned_contacts(),
        rows(r->forces), rows(r->contact_position), rows(r->contact_velocity),
        rows(r->contact_acceleration), rows(r->contact_orientation), rows(r->contact_normal));
  }

  py::object plan() {
    Planner* planner = controller.planner();
    if (planner == nullptr) return py::none();
    return plan_values(planner->plan(), planner->state_size(), planner->input_size(),
                       planner->tangent_size());
  }

  /// The plan without its gains, cheaply.
  py::object plan_nodes() const {
    const Planner* planner = controller.planner();
    if (planner == nullptr) return py::none();
    return plan_values(planner->nodes(), planner->state_size(), planner->input_size(),
                       planner->tangent_size(), false);
  }

  Controller controller;
  SensorSample sensors;
  TrueState truth;
  CommandArrays arrays;
  const Fields fields;
  double last_time = -INFINITY;
  double step_us = 0.0;  ///< of the last step, conversions included
};

using Levels = std::map<std::string, std::vector<std::pair<double, std::string>>>;

void set_safety(ControlOptions& options, const Levels& levels, double slow_factor, double hold_time,
                double speed_time) {
  options.safety.slow_factor = slow_factor;
  options.safety.hold_time = hold_time;
  options.safety.speed_time = speed_time;
  for (int i = 0; i < kChecks; ++i) {
    auto& target = options.safety.levels[static_cast<std::size_t>(i)];
    target.clear();
    for (const auto& [limit, reaction] : levels.at(name_of(static_cast<Check>(i))))
      for (const Reaction known :
           {Reaction::kLimit, Reaction::kSlowDown, Reaction::kStop, Reaction::kDamp})
        if (reaction == name_of(known)) target.push_back({limit, known});
  }
}

/// What each check has seen, by its name.
py::typing::Dict<py::str, py::typing::Tuple<double, double, double, py::str, long>> health(
    const Safety& safety) {
  py::dict report;
  for (int i = 0; i < kChecks; ++i) {
    const Check check = static_cast<Check>(i);
    const CheckRecord& record = safety.record(check);
    report[name_of(check)] = py::make_tuple(record.value, record.worst, record.limit,
                                            name_of(record.reaction), record.count);
  }
  return report;
}

std::vector<std::string> parameter_names(Core& core) {
  std::vector<std::string> names;
  for (const Parameter& item : core.controller.parameters().all()) names.push_back(item.name);
  return names;
}

std::optional<std::tuple<Eigen::VectorXd, double, double>> parameter(Core& core,
                                                                     const std::string& name) {
  const Parameter* found = core.controller.parameters().find(name);
  if (found == nullptr) return std::nullopt;
  return std::tuple<Eigen::VectorXd, double, double>(found->values(), found->low, found->high);
}

void bind_options(py::module_& m) {
  py::class_<ContactSwitchOptions>(m, "ContactSwitchOptions")
      .def(py::init<>())
      .def_readwrite("late_time", &ContactSwitchOptions::late_time)
      .def_readwrite("early_time", &ContactSwitchOptions::early_time)
      .def_readwrite("search_speed", &ContactSwitchOptions::search_speed)
      .def_readwrite("search_depth", &ContactSwitchOptions::search_depth);
  py::class_<RightingPosture>(m, "RightingPosture")
      .def(py::init<>())
      .def_readwrite("duration", &RightingPosture::duration)
      .def_readwrite("joints", &RightingPosture::joints);
  py::class_<RightingMotion>(m, "RightingMotion")
      .def(py::init<>())
      .def_readwrite("down", &RightingMotion::down)
      .def_readwrite("postures", &RightingMotion::postures);
  py::class_<RightingOptions>(m, "RightingOptions")
      .def(py::init<>())
      .def_readwrite("attempts", &RightingOptions::attempts)
      .def_readwrite("patience", &RightingOptions::patience)
      .def_readwrite("parting", &RightingOptions::parting)
      .def_readwrite("motions", &RightingOptions::motions);
  py::class_<ControlOptions> options(m, "ControlOptions");
  options.def(py::init<>());
#define FIELD(name) def_readwrite(#name, &ControlOptions::name)
  options.FIELD(settle_time)
      .FIELD(fold_time)
      .FIELD(fold_speed)
      .FIELD(fold_beyond)
      .FIELD(rise_time)
      .FIELD(sit_time)
      .FIELD(hold_kp)
      .FIELD(hold_kd)
      .FIELD(damping_kd)
      .FIELD(joint_kp)
      .FIELD(joint_kd)
      .FIELD(swing_joint_kp)
      .FIELD(swing_joint_kd)
      .FIELD(linear_acceleration)
      .FIELD(yaw_acceleration)
      .FIELD(stand_up_tilt_limit)
      .FIELD(stand_up_speed)
      .FIELD(rest_speed)
      .FIELD(height)
      .FIELD(q_nominal)
      .FIELD(q_lying)
      .FIELD(nmpc_rate)
      .FIELD(nmpc_thread)
      .FIELD(thread_priority)
      .FIELD(thread_cpu)
      .FIELD(nmpc_latency)
      .FIELD(actuation_delay)
      .FIELD(plan_patience)
      .FIELD(posture_bandwidth)
      .FIELD(posture_speed)
      .FIELD(posture_turn_speed)
      .FIELD(tuning_span)
      .FIELD(contacts)
      .FIELD(righting)
      .FIELD(nmpc)
      .FIELD(step_in_place)
      .FIELD(hold_at_start);
#undef FIELD
  options.def("set_safety", &set_safety, arg("levels"), arg("slow_factor"), arg("hold_time"),
              arg("speed_time"), "Levels (limit, reaction) by the name of a check.");
}

}  // namespace

void bind_control(py::module_& m) {
  bind_control_parts(m);
  bind_options(m);
  bind_robot_file(m);
  py::class_<ControlTimings>(m, "ControlTimings")
      .def_readonly("step_us", &ControlTimings::step_us)
      .def_readonly("estimation_us", &ControlTimings::estimation_us)
      .def_readonly("wbc_us", &ControlTimings::wbc_us)
      .def_readonly("allocations", &ControlTimings::allocations);
  py::class_<PlannerStatus>(m, "PlannerStatus")
      .def_readonly("solve_time", &PlannerStatus::solve_time)
      .def_readonly("solved", &PlannerStatus::solved)
      .def_readonly("solves", &PlannerStatus::solves)
      .def_readonly("failed", &PlannerStatus::failed)
      .def_readonly("failed_in_row", &PlannerStatus::failed_in_row)
      .def_readonly("allocations", &PlannerStatus::allocations)
      .def_readonly("late", &PlannerStatus::late)
      .def_readonly("scheduled", &PlannerStatus::scheduled)
      .def_readonly("start", &PlannerStatus::start);
  py::class_<Core>(m, "ControllerCore", "See surefoot.control.Controller.")
      .def(py::init<const RobotDescription&, const ControlOptions&, std::shared_ptr<StateEstimator>,
                    std::shared_ptr<WholeBodyController>>(),
           arg("description"), arg("options"), arg("estimator"), arg("wbc"))
      .def("step", &Core::step, arg("sensors"), arg("true_state"))
      .def("set_command", [](Core& c, double vx, double vy,
                             double yaw_rate) { c.controller.set_command({vx, vy, yaw_rate}); })
      .def("set_gait", [](Core& c, int gait) { c.controller.set_gait(gait); })
      .def("set_posture",
           [](Core& c, double forward, double sway, double height, double roll, double pitch,
              double yaw) { c.controller.set_posture({forward, sway, height, roll, pitch, yaw}); })
      .def("parameter_names", &parameter_names)
      .def("parameter", &parameter, arg("name"), "Values and least and greatest of them, or None.")
      .def(
          "set_parameter",
          [](Core& c, const std::string& name, const Eigen::VectorXd& values) {
            c.controller.set_parameter(name, values);
          },
          arg("name"), arg("values"))
      .def("health", [](const Core& c) { return health(c.controller.safety()); })
      .def_property_readonly("early_contacts",
                             [](const Core& c) { return c.controller.early_contacts(); })
      .def_property_readonly("late_contacts",
                             [](const Core& c) { return c.controller.late_contacts(); })
      .def("stand", [](Core& c) { c.controller.stand(); })
      .def("sit", [](Core& c) { c.controller.sit(); })
      .def("damp", [](Core& c) { c.controller.damp(); })
      .def_property_readonly("wants_to_stand",
                             [](const Core& c) { return c.controller.wants_to_stand(); })
      .def_property_readonly("wants_to_damp",
                             [](const Core& c) { return c.controller.wants_to_damp(); })
      .def("stall_planner",
           [](Core& c, double duration) {
             if (Planner* planner = c.controller.planner()) planner->stall(duration);
           })
      .def_property_readonly("machine",
                             [](Core& c) -> const PhaseMachine& { return c.controller.machine(); })
      .def_property_readonly("phase", [](const Core& c) { return name_of(c.controller.phase()); })
      .def_property_readonly("estimating", [](const Core& c) { return c.controller.estimating(); })
      .def("sample", &Core::sample)
      .def("plan", &Core::plan)
      .def("plan_nodes", &Core::plan_nodes)
      .def("seen",
           [](const Core& c) {
             const SensorSample& s = c.controller.seen();
             return py::make_tuple(s.planned_contact, s.joint_torque);
           })
      .def_property_readonly("planner_status",
                             [](const Core& c) -> const PlannerStatus* {
                               const Planner* planner = c.controller.planner();
                               return planner == nullptr ? nullptr : &planner->status();
                             })
      .def_property_readonly("acting_time",
                             [](const Core& c) { return c.controller.acting_time(); })
      .def_property_readonly("timings", [](Core& c) { return c.controller.timings(); })
      .def_property_readonly("wbc_failures",
                             [](const Core& c) { return c.controller.wbc_failures(); })
      .def_readonly("step_us", &Core::step_us)
      .def_readonly("last_time", &Core::last_time);
}

}  // namespace surefoot
