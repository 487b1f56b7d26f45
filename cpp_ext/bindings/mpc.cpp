#include <pybind11/typing.h>

#include <array>
#include <map>
#include <string>

#include "arrays.hpp"
#include "mpc/stage_qp.hpp"
#include "mpc/transcription.hpp"
#include "mpc_problem.hpp"
#include "surefoot/nmpc.hpp"

namespace py = pybind11;

namespace surefoot {
namespace {

py::object plan_of(CentroidalNmpc& nmpc) {
  nmpc.compute_gains();
  return plan_values(nmpc.plan(), nmpc.state_size(), nmpc.input_size(), nmpc.tangent_size());
}

/// Stage data with the padding left in: z = [inputs, tangent], see StageQp.
py::typing::List<py::object> quadratic_program(const CentroidalNmpc& nmpc) {
  const auto& qp = nmpc.quadratic_program();
  const auto& solution = nmpc.quadratic_solution();
  py::typing::List<py::object> stages;
  for (std::size_t k = 0; k < qp.stages.size(); ++k) {
    const auto& stage = qp.stages[k];
    py::dict d;
    d["M"] = array(stage.M, {qp.nx, qp.nz});
    d["H"] = array(stage.H, {qp.nz, qp.nz});  // upper half, as read row by row
    d["g"] = array(stage.g, {qp.nz});
    d["b"] = array(stage.b, {qp.nx});
    d["z"] = array(solution.z[k], {qp.nz});
    py::list blocks;
    for (int b = 0; b < stage.block_count; ++b) {
      const auto& block = stage.blocks[static_cast<std::size_t>(b)];
      Eigen::MatrixXd rows = Eigen::MatrixXd::Zero(block.rows, qp.nz);
      Eigen::VectorXd offset(block.rows);
      for (int r = 0; r < block.rows; ++r) {
        offset[r] = block.offset[r];
        for (int j = 0; j < block.size; ++j) rows(r, block.first + j) = block.matrix[r][j];
      }
      blocks.append(py::make_tuple(rows, offset));
    }
    d["blocks"] = blocks;
    stages.append(d);
  }
  py::dict end;
  end["H"] = array(qp.terminal_H, {qp.nx, qp.nx});
  end["g"] = array(qp.terminal_g, {qp.nx});
  end["z"] = array(solution.x_end, {qp.nx});
  stages.append(end);
  return stages;
}

/// What the last solve was asked: one dictionary for each interval, then the terminal reference.
py::typing::List<py::object> problem(const CentroidalNmpc& nmpc) {
  py::typing::List<py::object> intervals;
  for (const auto& interval : nmpc.intervals()) intervals.append(interval_values(interval));
  py::dict end;
  end["state_reference"] = array(nmpc.terminal_reference(), {nmpc.state_size()});
  intervals.append(end);
  return intervals;
}

void solve_problem(CentroidalNmpc& nmpc, const py::typing::List<py::object>& asked,
                   const std::vector<double>& x) {
  if (py::len(asked) < 2) throw py::value_error("a problem needs intervals and a terminal entry");
  std::vector<mpc::Interval> intervals(py::len(asked) - 1);
  for (std::size_t k = 0; k < intervals.size(); ++k)
    intervals[k] = interval_of(py::cast<py::dict>(asked[k]));
  const auto end = py::cast<py::dict>(asked[py::len(asked) - 1]);
  const auto terminal = py::cast<std::vector<double>>(end["state_reference"]);
  const py::gil_scoped_release release;
  nmpc.solve_problem(intervals, terminal, x);
}

py::object sample_values(const CentroidalNmpc& nmpc, double time, const Eigen::VectorXd* q,
                         const Eigen::VectorXd* v) {
  NmpcSample s = nmpc.make_sample();
  nmpc.sample(time, q, v, s);
  return py::make_tuple(time, s.base_position, s.base_orientation, s.base_velocity,
                        s.base_acceleration, s.joint_position, s.joint_velocity,
                        flags(s.contacts, {static_cast<py::ssize_t>(s.contacts.size())}), s.forces,
                        s.contact_position, s.contact_velocity, s.contact_acceleration,
                        s.contact_orientation, s.contact_normal);
}

}  // namespace

void bind_mpc_terms(py::module_& m);
void bind_mpc_problem(py::module_& m);

void bind_mpc(py::module_& m) {
  bind_mpc_terms(m);
  py::class_<NmpcGait>(m, "Gait")
      .def(py::init<>())
      .def_readwrite("name", &NmpcGait::name)
      .def_readwrite("period", &NmpcGait::period)
      .def_readwrite("duty", &NmpcGait::duty)
      .def_readwrite("swing_height", &NmpcGait::swing_height)
      .def_readwrite("shift_time", &NmpcGait::shift_time)
      .def_readwrite("offset", &NmpcGait::offset);
  py::class_<NmpcOptions>(m, "NmpcOptions")
      .def(py::init<>())
      .def_readwrite("horizon", &NmpcOptions::horizon)
      .def_readwrite("nodes", &NmpcOptions::nodes)
      .def_readwrite("joints", &NmpcOptions::joints)
      .def_readwrite("posture", &NmpcOptions::posture)
      .def_readwrite("height", &NmpcOptions::height)
      .def_readwrite("momentum_linear", &NmpcOptions::momentum_linear)
      .def_readwrite("momentum_angular", &NmpcOptions::momentum_angular)
      .def_readwrite("base_position", &NmpcOptions::base_position)
      .def_readwrite("base_orientation", &NmpcOptions::base_orientation)
      .def_readwrite("joint_position", &NmpcOptions::joint_position)
      .def_readwrite("force", &NmpcOptions::force)
      .def_readwrite("moment", &NmpcOptions::moment)
      .def_readwrite("foot_velocity", &NmpcOptions::foot_velocity)
      .def_readwrite("foot_turn", &NmpcOptions::foot_turn)
      .def_readwrite("joint_velocity", &NmpcOptions::joint_velocity)
      .def_readwrite("foothold", &NmpcOptions::foothold)
      .def_readwrite("terminal", &NmpcOptions::terminal)
      .def_readwrite("force_min", &NmpcOptions::force_min)
      .def_readwrite("force_max", &NmpcOptions::force_max)
      .def_readwrite("soft_friction", &NmpcOptions::soft_friction)
      .def_readwrite("barrier_weight", &NmpcOptions::barrier_weight)
      .def_readwrite("barrier_relaxation", &NmpcOptions::barrier_relaxation)
      .def_readwrite("barrier_smoothing", &NmpcOptions::barrier_smoothing)
      .def_readwrite("joint_position_limit", &NmpcOptions::joint_position_limit)
      .def_readwrite("joint_velocity_limit", &NmpcOptions::joint_velocity_limit)
      .def_readwrite("joint_torque_limit", &NmpcOptions::joint_torque_limit)
      .def_readwrite("limit_margin", &NmpcOptions::limit_margin)
      .def_readwrite("swing_position_gain", &NmpcOptions::swing_position_gain)
      .def_readwrite("capture_gain", &NmpcOptions::capture_gain)
      .def_readwrite("aim_margin", &NmpcOptions::aim_margin)
      .def_readwrite("lead_position", &NmpcOptions::lead_position)
      .def_readwrite("lead_yaw", &NmpcOptions::lead_yaw)
      .def_readwrite("settle_rate", &NmpcOptions::settle_rate)
      .def_readwrite("slope_span", &NmpcOptions::slope_span)
      .def_readwrite("slope_time", &NmpcOptions::slope_time)
      .def_readwrite("slope_limit", &NmpcOptions::slope_limit)
      .def_readwrite("slope_share", &NmpcOptions::slope_share)
      .def_readwrite("early_touch", &NmpcOptions::early_touch)
      .def_readwrite("late_grace", &NmpcOptions::late_grace)
      .def_readwrite("late_limit", &NmpcOptions::late_limit)
      .def_readwrite("late_step", &NmpcOptions::late_step)
      .def_readwrite("late_speed", &NmpcOptions::late_speed)
      .def_readwrite("late_ramp", &NmpcOptions::late_ramp)
      .def_readwrite("touching_probability", &NmpcOptions::touching_probability)
      .def_readwrite("missing_probability", &NmpcOptions::missing_probability)
      .def_readwrite("gain_horizon", &NmpcOptions::gain_horizon)
      .def_readwrite("iterations", &NmpcOptions::iterations)
      .def_readwrite("tolerance", &NmpcOptions::tolerance)
      .def_readwrite("singular_tolerance", &NmpcOptions::singular_tolerance)
      .def_readwrite("time_limit", &NmpcOptions::time_limit)
      .def_readwrite("step_halvings", &NmpcOptions::step_halvings)
      .def_readwrite("first_iterations", &NmpcOptions::first_iterations)
      .def_readwrite("plan_dynamics", &NmpcOptions::plan_dynamics)
      .def_readwrite("plan_equality", &NmpcOptions::plan_equality)
      .def_readwrite("plan_force", &NmpcOptions::plan_force)
      .def_readwrite("plan_joint_margin", &NmpcOptions::plan_joint_margin)
      .def_readwrite("gaits", &NmpcOptions::gaits);
  bind_mpc_problem(m);
  py::enum_<SolveStatus>(m, "SolveStatus")
      .value("SOLVED", SolveStatus::kSolved)
      .value("ITERATION_LIMIT", SolveStatus::kIterationLimit)
      .value("TIME_LIMIT", SolveStatus::kTimeLimit)
      .value("FAILED", SolveStatus::kFailed);
  py::class_<CentroidalNmpc>(m, "CentroidalNmpc", "Use surefoot.mpc.CentroidalNmpc.")
      .def(py::init<const RobotDescription&, const NmpcOptions&>(), py::arg("description"),
           py::arg("options"))
      .def_property_readonly("state_size", &CentroidalNmpc::state_size)
      .def("set_command", &CentroidalNmpc::set_command, py::arg("vx"), py::arg("vy"),
           py::arg("yaw_rate"))
      .def_property("gait", &CentroidalNmpc::gait, &CentroidalNmpc::set_gait)
      .def("set_weights",
           [](CentroidalNmpc& n, const NmpcOptions& options) { n.set_weights(options); })
      .def("reset", &CentroidalNmpc::reset, py::arg("time"), py::arg("q"), py::arg("v"),
           py::call_guard<py::gil_scoped_release>())
      .def("solve", &CentroidalNmpc::solve, py::arg("time"), py::arg("q"), py::arg("v"),
           py::call_guard<py::gil_scoped_release>())
      .def("plan", &plan_of)
      .def("times_s",
           [](const CentroidalNmpc& n) {
             const NmpcPlan& p = n.plan();
             return std::map<std::string, double>{
                 {"solve", p.solve_time},
                 {"derivatives", p.linearize_time - p.projection_time},
                 {"projection", p.projection_time},
                 {"qp", p.qp_time},
                 {"feedback", p.feedback_time}};
           })
      .def_property_readonly("allocations",
                             [](const CentroidalNmpc& n) { return n.plan().allocations; })
      .def("prepare", &CentroidalNmpc::prepare, py::arg("time"),
           py::call_guard<py::gil_scoped_release>())
      .def_property_readonly("prepared", &CentroidalNmpc::prepared)
      .def("feedback", &CentroidalNmpc::feedback, py::arg("q"), py::arg("v"),
           py::call_guard<py::gil_scoped_release>())
      .def("correct_contact", &CentroidalNmpc::correct_contact, py::arg("contact"), py::arg("time"),
           py::arg("touching"))
      .def("correct_contacts", &CentroidalNmpc::correct_contacts, py::arg("time"),
           py::arg("probabilities"))
      .def("set_terrain", &CentroidalNmpc::set_terrain, py::arg("heights"), py::arg("normals"))
      .def("clear_terrain", &CentroidalNmpc::clear_terrain)
      .def_property_readonly("ground",
                             [](const CentroidalNmpc& n) {
                               return py::make_tuple(n.ground_point(), n.ground_normal());
                             })
      .def("solve_problem", &solve_problem, py::arg("problem"), py::arg("x"),
           "One iteration on a problem given as `problem` gives it, from state x.")
      .def("problem", &problem, "What the last solve was asked, for the oracle.")
      .def("quadratic_program", &quadratic_program,
           "Stages of the last solve's quadratic program and its solution, as dictionaries.")
      .def("sample", [](const CentroidalNmpc& n,
                        double time) { return sample_values(n, time, nullptr, nullptr); })
      .def("sample", [](const CentroidalNmpc& n, double time, const Eigen::VectorXd& q,
                        const Eigen::VectorXd& v) { return sample_values(n, time, &q, &v); });
}

}  // namespace surefoot
