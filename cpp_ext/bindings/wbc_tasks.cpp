#include "surefoot/wbc/tasks/base_motion.hpp"
#include "surefoot/wbc/tasks/contact_forces.hpp"
#include "surefoot/wbc/tasks/joint_damping.hpp"
#include "surefoot/wbc/tasks/linear.hpp"
#include "surefoot/wbc/tasks/posture.hpp"
#include "surefoot/wbc/tasks/swing_feet.hpp"
#include "task_attributes.hpp"

namespace py = pybind11;
using py::arg;

namespace surefoot {
namespace {

/// An attribute of one number a joint, or of none.
void joint_attribute(TaskClass<Posture>& type, const char* attribute,
                     Eigen::VectorXd Posture::* values, bool may_be_negative, const char* doc) {
  type.def_property(
      attribute,
      [values](const Posture& task) {
        return (task.*values).size() ? py::object(read_only(task.*values)) : py::none();
      },
      [=](Posture& task, const std::optional<Eigen::VectorXd>& value) {
        const std::string name = of(attribute, task.name());
        const Eigen::VectorXd checked = finite(name, value.value_or(Eigen::VectorXd()));
        const auto joints = task.rows().target.size();  // 0 before the task has a robot
        if (checked.size() != 0 && joints != 0 && checked.size() != joints)
          refuse(name, "must hold " + std::to_string(joints) + " numbers, one a joint");
        if (!may_be_negative && (checked.array() < 0.0).any()) refuse(name, "must not be negative");
        task.*values = checked;
      },
      doc);
}

void bind_plan_tasks(py::module_& m) {
  TaskClass<BaseMotion> base(
      m, "BaseMotion",
      "Base pose and velocity follow the plan's: feed-forward plus PD, gains (6,) per world axis.");
  base.def(py::init([](const Numbers& kp, const Numbers& kd, double weight, std::string name) {
             return std::make_shared<BaseMotion>(gains<6>(of("kp", name), kp),
                                                 gains<6>(of("kd", name), kd),
                                                 checked_weight(weight, name), name);
           }),
           arg("kp"), arg("kd"), arg("weight") = 1.0, arg("name") = "base");
  gain_attribute<6>(base, "kp", &BaseMotion::kp, "(6,) linear, angular, 1/s^2");
  gain_attribute<6>(base, "kd", &BaseMotion::kd, "(6,) linear, angular, 1/s");

  const auto scalar_pd = [](auto& type, auto kp, auto kd, const char* name) {
    using T = typename std::decay_t<decltype(type)>::type;
    type.def(py::init([](double stiffness, double damping, double weight, std::string own) {
               return std::make_shared<T>(not_negative(of("kp", own), stiffness),
                                          not_negative(of("kd", own), damping),
                                          checked_weight(weight, own), own);
             }),
             arg("kp"), arg("kd"), arg("weight") = 1.0, arg("name") = name);
    gain_attribute(type, "kp", kp, "1/s^2");
    gain_attribute(type, "kd", kd, "1/s");
  };
  TaskClass<SwingFeet> swing(m, "SwingFeet",
                             R"(Contacts that carry no force follow the plan's swing motion: PD.

Points their position, surfaces position and orientation; kp in 1/s^2, kd in 1/s.)");
  scalar_pd(swing, &SwingFeet::kp, &SwingFeet::kd, "swing");
  TaskClass<Posture> posture(
      m, "Posture",
      "Joint positions and velocities follow the plan's: PD, kp in 1/s^2, kd in 1/s.");
  scalar_pd(posture, &Posture::kp, &Posture::kd, "posture");
  joint_attribute(posture, "joint_weight", &Posture::joint_weight, false,
                  "(nj,) factor on `weight`; None: one");
  joint_attribute(posture, "position", &Posture::position, true,
                  "(nj,) rad, to rest at instead of the plan's; None: the plan's");

  TaskClass<JointDamping> joints(m, "JointDamping",
                                 "Joint velocities go to zero: ddq = -gain dq, gain in 1/s.");
  joints.def(py::init([](double gain, double weight, std::string name) {
               return std::make_shared<JointDamping>(not_negative(of("gain", name), gain),
                                                     checked_weight(weight, name), name);
             }),
             arg("gain"), arg("weight") = 1.0, arg("name") = "damping");
  gain_attribute(joints, "gain", &JointDamping::gain, "1/s");
  TaskClass<ContactForces>(m, "ContactForces", "Contact forces and wrenches stay near the plan's.")
      .def(py::init([](double weight, const std::string& name) {
             return std::make_shared<ContactForces>(checked_weight(weight, name), name);
           }),
           arg("weight") = 1.0, arg("name") = "force");
}

/// `set` of a linear task; what it throws becomes an InputError that names the task.
template <typename T, typename... Values>
auto checked_set() {
  return [](T& task, const Eigen::MatrixXd& A, const Values&... values) {
    try {
      task.set(A, values...);
    } catch (const std::invalid_argument& error) {
      refuse(of("rows", task.name()), error.what());
    }
  };
}

template <typename T>
std::shared_ptr<T> make_linear(int max_rows, double weight, const std::string& name) {
  if (max_rows < 0) refuse(of("max_rows", name), "must not be negative");
  return std::make_shared<T>(max_rows, checked_weight(weight, name), name);
}

void bind_linear_tasks(py::module_& m) {
  using Vector = Eigen::VectorXd;
  py::class_<LinearEquality, Task, std::shared_ptr<LinearEquality>>(
      m, "LinearEquality",
      R"(Rows of the caller, A x = b, given by `set` between ticks.

A is (m, nv), or (m, nv + forces of all contacts in the robot's order, 3 a point, 6 a surface).)")
      .def(py::init(&make_linear<LinearEquality>), arg("max_rows"), arg("weight") = 1.0,
           arg("name") = "equality")
      .def("set", checked_set<LinearEquality, Vector>(), arg("A"), arg("b"),
           "InputError if the shapes do not fit or a number is not finite.");
  py::class_<LinearInequality, Task, std::shared_ptr<LinearInequality>>(
      m, "LinearInequality",
      R"(Rows of the caller, lower <= A x <= upper, given by `set` between ticks.

A as for `LinearEquality`; bounds may be infinite. In a level of a stack its squared violation is
minimised; among a stack's limits it always holds.)")
      .def(py::init(&make_linear<LinearInequality>), arg("max_rows"), arg("weight") = 1.0,
           arg("name") = "inequality")
      .def("set", checked_set<LinearInequality, Vector, Vector>(), arg("A"), arg("lower"),
           arg("upper"),
           "InputError if the shapes do not fit, A is not finite or a lower bound is above an "
           "upper.");
}

}  // namespace

void bind_wbc_tasks(py::module_& m) {
  py::class_<Task, std::shared_ptr<Task>>(
      m, "Task",
      "One thing the controller should achieve: rows A x = b over x = [acceleration, forces].")
      .def_property_readonly("name", &Task::name)
      .def_property_readonly("is_inequality", &Task::is_inequality,
                             "rows read lower <= A x <= upper instead of A x = b")
      .def_property(
          "weight", [](const Task& task) { return task.weight; },
          [](Task& task, double value) {
            task.weight = positive(of("weight", task.name()), value);
          },
          "against the other tasks of the level")
      .def_property_readonly(
          "last_rows",
          [](const Task& task) {
            const TaskRows& rows = task.rows();
            const auto count = rows.count;
            Eigen::MatrixXd A(count, rows.matrix.cols());
            for (int i = 0; i < count; ++i) A.row(i) = rows.row(i);
            using Vector = Eigen::VectorXd;
            using Parts = py::typing::Tuple<Eigen::MatrixXd, py::ellipsis>;
            if (task.is_inequality())
              return Parts(py::make_tuple(A, Vector(rows.lower.head(count)),
                                          Vector(rows.upper.head(count))));
            return Parts(py::make_tuple(A, Vector(rows.target.head(count))));
          },
          "(A, b), or (A, lower, upper), of the last tick; columns: dv, then active forces.");
  bind_plan_tasks(m);
  bind_linear_tasks(m);
  bind_motion_tasks(m);
  bind_limit_tasks(m);
  bind_python_task(m);
}

}  // namespace surefoot
