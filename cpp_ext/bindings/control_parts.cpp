#include <pybind11/typing.h>

#include "bindings.hpp"
#include "surefoot/control/commands.hpp"
#include "surefoot/control/motions.hpp"
#include "surefoot/control/phase_machine.hpp"

namespace py = pybind11;
using py::arg;

namespace surefoot {
namespace {

void bind_phases(py::module_& m) {
  py::enum_<Phase>(m, "Phase")
      .value("PASSIVE", Phase::kPassive)
      .value("DAMPING", Phase::kDamping)
      .value("RIGHTING", Phase::kRighting)
      .value("STAND_UP", Phase::kStandUp)
      .value("STAND", Phase::kStand)
      .value("WALK", Phase::kWalk)
      .value("STOP", Phase::kStop)
      .value("SIT", Phase::kSit)
      .value("FAULT", Phase::kFault);
  py::enum_<Reason>(m, "Reason")
      .value("NONE", Reason::kNone)
      .value("STAND_ASKED", Reason::kStandAsked)
      .value("RIGHTED", Reason::kRighted)
      .value("STANDING", Reason::kStanding)
      .value("WALK_ASKED", Reason::kWalkAsked)
      .value("NO_COMMAND", Reason::kNoCommand)
      .value("AT_REST", Reason::kAtRest)
      .value("SIT_ASKED", Reason::kSitAsked)
      .value("LYING", Reason::kLying)
      .value("DAMP_ASKED", Reason::kDampAsked)
      .value("COMMAND_NOT_FINITE", Reason::kCommandNotFinite)
      .value("LIMIT", Reason::kLimit)
      .value("PLAN_LOST", Reason::kPlanLost)
      .value("NOT_REACHABLE", Reason::kNotReachable)
      .value("ESTIMATOR_STARTS", Reason::kEstimatorStarts)
      .value("NOT_SETTLED", Reason::kNotSettled)
      .value("LIES_TILTED", Reason::kLiesTilted)
      .value("NOT_RIGHTED", Reason::kNotRighted)
      .value("MOVES", Reason::kMoves)
      .value("NO_PLAN", Reason::kNoPlan);
  py::class_<Transition>(m, "Transition")
      .def_readonly("time", &Transition::time)
      .def_property_readonly("before", [](const Transition& t) { return name_of(t.before); })
      .def_property_readonly("after", [](const Transition& t) { return name_of(t.after); })
      .def_readonly("reason", &Transition::reason)
      .def_property_readonly("text", &Transition::text);
  py::class_<Facts>(m, "Facts")
      .def(py::init<>())
      .def_readwrite("time", &Facts::time)
      .def_readwrite("estimate_ready", &Facts::estimate_ready)
      .def_readwrite("settled", &Facts::settled)
      .def_readwrite("tilt", &Facts::tilt)
      .def_readwrite("speed", &Facts::speed)
      .def_readwrite("can_plan", &Facts::can_plan)
      .def_readwrite("rightings_left", &Facts::rightings_left)
      .def_readwrite("senses", &Facts::senses)
      .def_readwrite("safe", &Facts::safe);
  py::class_<PhaseMachine>(m, "PhaseMachine")
      .def(py::init([](double settle_time, double tilt, double speed, int rightings) {
             return PhaseMachine({settle_time, tilt, speed, rightings});
           }),
           arg("settle_time"), arg("tilt"), arg("speed"), arg("rightings") = 0)
      .def_property_readonly("phase", &PhaseMachine::phase)
      .def_property_readonly("since", &PhaseMachine::since)
      .def_property_readonly("count", &PhaseMachine::count)
      .def_property_readonly("refusals", &PhaseMachine::refusals)
      .def_property_readonly("refusal", &PhaseMachine::refusal)
      .def("reachable", &PhaseMachine::reachable)
      .def("enter", [](PhaseMachine& machine, Phase after, Reason reason,
                       const Facts& facts) { return machine.enter(after, reason, facts); })
      .def("changes", [](const PhaseMachine& machine, long from) {
        py::typing::List<Transition> changes;
        for (long i = std::max(from, machine.count() - PhaseMachine::kKept); i < machine.count();
             ++i)
          changes.append(machine.change(i));
        return changes;
      });
}

void expect(const Eigen::VectorXd& values, int size, const char* name) {
  if (values.size() != size) throw py::value_error(std::string(name) + " has the wrong length");
}

/// With the sizes that it checks and the reference that it fills.
struct Motion {
  Motion(const RobotDescription& robot, const Eigen::VectorXd& q_nominal)
      : nq(robot.nq()),
        nj(robot.nj()),
        motion((expect(q_nominal, robot.nq(), "q_nominal"), robot), q_nominal),
        reference(robot.nj(), robot.nc()) {}
  int nq, nj;
  FixedContactMotion motion;
  Reference reference;
};

}  // namespace

void bind_control_parts(py::module_& m) {
  bind_phases(m);
  py::class_<CommandRamp>(m, "CommandRamp",
                          "A velocity command followed with bounded acceleration.")
      .def(py::init<double, double>(), arg("linear_acceleration"), arg("yaw_acceleration"))
      .def("step", [](CommandRamp& ramp, double vx, double vy, double yaw_rate, double dt) {
        const VelocityCommand& now = ramp.step({vx, vy, yaw_rate}, dt);
        return py::make_tuple(now.vx, now.vy, now.yaw_rate);
      });
  m.def("smooth_step", [](double fraction) {
    const SmoothStep step = smooth_step(fraction);
    return py::make_tuple(step.value, step.slope, step.curvature);
  });
  py::class_<JointMotion>(m, "JointMotion")
      .def(py::init<int>(), arg("nj"))
      .def("begin",
           [](JointMotion& motion, double time, const Eigen::VectorXd& start,
              const Eigen::VectorXd& end, double duration) {
             expect(end, static_cast<int>(start.size()), "end");
             motion.begin(time, start, end, duration);
           })
      .def_property_readonly("end_time", &JointMotion::end_time)
      .def("sample", [](const JointMotion& motion, double time) {
        Eigen::VectorXd position, velocity;
        motion.sample(time, position, velocity);
        return py::make_tuple(position, velocity);
      });
  py::class_<Motion>(m, "FixedContactMotion")
      .def(py::init<const RobotDescription&, const Eigen::VectorXd&>(), arg("description"),
           arg("q_nominal"))
      .def("begin",
           [](Motion& m, double time, const Eigen::VectorXd& q, const Eigen::VectorXd& posture,
              double height, double duration) {
             expect(q, m.nq, "q");
             expect(posture, m.nj, "posture");
             m.motion.begin(time, q, posture, height, duration);
           })
      .def("match_joints",
           [](Motion& m, const Eigen::VectorXd& q, const Eigen::VectorXd& base_velocity) {
             expect(q, m.nq, "q");
             expect(base_velocity, 6, "base_velocity");
             m.reference.base_velocity = base_velocity;
             m.motion.match_joints(q, m.reference);
             return m.reference.joint_velocity;
           })
      .def("sample", [](Motion& m, double time) {
        m.motion.sample(time, m.reference);
        const Reference& r = m.reference;
        py::typing::Dict<py::str, Eigen::MatrixXd> d;
        d["base_position"] = r.base_position;
        d["base_orientation"] = r.base_orientation;
        d["base_velocity"] = r.base_velocity;
        d["base_acceleration"] = r.base_acceleration;
        d["joint_position"] = r.joint_position;
        d["joint_velocity"] = r.joint_velocity;
        d["forces"] = Eigen::MatrixXd(r.forces.transpose());
        d["contact_position"] = Eigen::MatrixXd(r.contact_position.transpose());
        return d;
      });
}

}  // namespace surefoot
