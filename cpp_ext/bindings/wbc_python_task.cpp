#include <cmath>
#include <stdexcept>
#include <string>

#include "surefoot/wbc/tasks/linear.hpp"
#include "task_attributes.hpp"
#include "wbc/contact_set.hpp"
#include "wbc/frame_index.hpp"

namespace py = pybind11;
using py::arg;

namespace surefoot {
namespace {

using Matrix = py::array_t<double, py::array::c_style | py::array::forcecast>;

/// A tick as a Python task sees it, only while its `rows` runs.
class TickView {
 public:
  explicit TickView(const Tick& tick) : tick_(&tick) {}
  void close() { tick_ = nullptr; }

  const Tick& tick() const {
    if (tick_ == nullptr) refuse("tick", "is over: copy what you need while `rows` runs");
    return *tick_;
  }
  const RigidBody& body() const { return tick().body; }
  int frame(const std::string& name) const {
    const int index = surefoot::frame_index(tick().description, name);
    if (index < 0) refuse("frame", "'" + name + "' is unknown: robot.frame_names lists them");
    return index;
  }
  Eigen::Array<bool, Eigen::Dynamic, 1> in_contact() const {
    Eigen::Array<bool, Eigen::Dynamic, 1> flags(tick().description.nc());
    for (int i = 0; i < flags.size(); ++i) flags(i) = tick().contacts.is_active(i);
    return flags;
  }

 private:
  const Tick* tick_;
};

/// A task whose rows a Python class gives. What it gives is checked every tick: an error leaves
/// the task without rows for that tick and is told by `error` and the tick's status.
class PythonTask : public LinearTask {
 public:
  PythonTask(const std::string& name, int max_rows, double weight, bool inequality)
      : LinearTask(max_rows, weight, name) {
    if (inequality) rows_.kind = TaskRows::Kind::kInequality;
  }

  const std::string& error() const { return error_; }

  void update(const Tick& tick) override {
    const py::gil_scoped_acquire gil;
    rows_.count = 0;
    failed_ = true;
    try {
      ask(tick);
      LinearTask::update(tick);
      failed_ = false;
      error_.clear();
    } catch (py::error_already_set& error) {
      if (error.matches(PyExc_KeyboardInterrupt)) PyErr_SetInterrupt();  // not ours to swallow
      tell(error.what());
    } catch (const std::exception& error) {
      tell(error.what());
    } catch (...) {
      tell("unknown error");
    }
  }

 protected:
  /// Asks once in the middle of the joints' range, so that mistakes show before the loop runs.
  void check(const RobotDescription& description) override {
    Eigen::VectorXd q = Eigen::VectorXd::Zero(description.nq());
    q(6) = 1.0;
    for (int i = 0; i < description.nj(); ++i) {
      const auto& joint = description.joints[static_cast<std::size_t>(i)];
      const double middle = 0.5 * (joint.position_lower + joint.position_upper);
      if (std::isfinite(middle)) q(7 + i) = middle;
    }
    const Eigen::VectorXd v = Eigen::VectorXd::Zero(description.nv());
    RigidBody body(description);
    body.update(q, v);
    ContactSet contacts(description);
    const Eigen::Array<bool, Eigen::Dynamic, 1> all =
        Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(description.nc(), true);
    contacts.switch_contacts(all, 1.0, ContactOptions());
    const Reference reference(description.nj(), description.nc());
    contacts.update(body, v, reference, ContactOptions());
    try {
      ask(Tick{description, body, q, v, reference, contacts});
    } catch (const std::exception& error) {
      throw std::invalid_argument("task '" + name() + "': " + error.what());
    }
    failed_ = false;
    error_.clear();
  }

 private:
  [[noreturn]] static void wrong(const std::string& what) { throw std::invalid_argument(what); }

  void ask(const Tick& tick) {
    const py::function rows = py::get_override(this, "rows");
    if (!rows) wrong("the class has no method rows(self, tick)");
    const py::object view = py::cast(TickView(tick));
    py::object answer;
    try {
      answer = rows(view);
    } catch (...) {
      view.cast<TickView&>().close();
      throw;
    }
    view.cast<TickView&>().close();
    const std::size_t parts = is_inequality() ? 3 : 2;
    if (!py::isinstance<py::tuple>(answer) || py::len(answer) != parts)
      wrong(is_inequality() ? "rows must return (A, lower, upper)" : "rows must return (A, b)");
    const auto items = answer.cast<py::tuple>();
    take_matrix(Matrix::ensure(items[0]), tick.description);
    first_ = vector(items[1], is_inequality() ? "lower" : "b", is_inequality());
    if (!is_inequality()) return;
    second_ = vector(items[2], "upper", true);
    if (!(first_.array() <= second_.array()).all()) wrong("rows must return lower <= upper");
  }

  void take_matrix(const Matrix& A, const RobotDescription& description) {
    if (!A) {
      PyErr_Clear();
      wrong("A must be an array of numbers");
    }
    const int nv = description.nv();
    int width = nv;
    for (const auto& contact : description.contacts) width += contact.size();
    const bool fits =
        A.ndim() == 2 && A.shape(0) <= max_rows_ && (A.shape(1) == nv || A.shape(1) == width);
    if (!fits) {
      std::string shape;
      for (py::ssize_t i = 0; i < A.ndim(); ++i)
        shape += (i ? ", " : "") + std::to_string(A.shape(i));
      wrong("A must be (m, " + std::to_string(nv) + ") or (m, " + std::to_string(width) +
            ") with m <= " + std::to_string(max_rows_) + ", not (" + shape + ")");
    }
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    A_ = Eigen::Map<const RowMajor>(A.data(), A.shape(0), A.shape(1));
    if (!A_.allFinite()) wrong("A is not finite");
  }

  Eigen::VectorXd vector(const py::handle& item, const std::string& what, bool may_be_infinite) {
    const Matrix values = Matrix::ensure(item);
    if (!values) PyErr_Clear();
    if (!values || values.ndim() != 1 || values.shape(0) != A_.rows())
      wrong(what + " must be (" + std::to_string(A_.rows()) + ",), one number a row of A");
    const Eigen::VectorXd vector = Eigen::Map<const Eigen::VectorXd>(values.data(), A_.rows());
    if (vector.hasNaN() || (!may_be_infinite && !vector.allFinite()))
      wrong(what + " is not finite");
    return vector;
  }

  void tell(const std::string& what) {
    if (error_.empty()) {
      try {
        py::module_::import("logging")
            .attr("getLogger")("surefoot.wbc")
            .attr("warning")("task '%s' gives no rows: %s", name(), what);
      } catch (py::error_already_set&) {  // a log handler that fails must not stop the loop
      }
    }
    error_ = what;
  }

  std::string error_;
};

void bind_tick(py::module_& m) {
  const auto copy = [](auto getter) {
    return [getter](const TickView& view) { return (view.body().*getter)(); };
  };
  const auto of_frame = [](auto getter) {
    return [getter](const TickView& view, const std::string& name) {
      return (view.body().*getter)(view.frame(name));
    };
  };
  py::class_<TickView>(m, "Tick", R"(What a Python task may look at in one control tick.

World axes; frames by name, see ``robot.frame_names``; rows of 6 are linear, then angular. Every
value is a copy; the object itself is over when `rows` returns.)")
      .def_property_readonly(
          "q", [](const TickView& t) { return t.tick().q; }, "(nq,)")
      .def_property_readonly(
          "v", [](const TickView& t) { return t.tick().v; }, "(nv,)")
      .def_property_readonly("in_contact", &TickView::in_contact, "(nc,) bool")
      .def_property_readonly("mass_matrix", copy(&RigidBody::mass_matrix), "(nv, nv)")
      .def_property_readonly("bias", copy(&RigidBody::bias), "(nv,) of M dv + h = S' tau + J' f")
      .def_property_readonly("com", copy(&RigidBody::com), "(3,) m")
      .def_property_readonly("com_velocity", copy(&RigidBody::com_velocity), "(3,) m/s")
      .def_property_readonly("centroidal_map", copy(&RigidBody::centroidal_map), "(6, nv)")
      .def_property_readonly("centroidal_drift", copy(&RigidBody::centroidal_drift), "(6,)")
      .def_property_readonly("centroidal_momentum", copy(&RigidBody::centroidal_momentum), "(6,)")
      .def("frame_jacobian", of_frame(&RigidBody::frame_jacobian), arg("frame"), "(6, nv)")
      .def("frame_drift", of_frame(&RigidBody::frame_drift), arg("frame"), "(6,) dJ/dt v")
      .def("frame_velocity", of_frame(&RigidBody::frame_velocity), arg("frame"), "(6,)")
      .def("frame_position", of_frame(&RigidBody::frame_position), arg("frame"), "(3,) m")
      .def("frame_rotation", of_frame(&RigidBody::frame_rotation), arg("frame"), "(3, 3)");
}

}  // namespace

void bind_python_task(py::module_& m) {
  bind_tick(m);
  TaskClass<PythonTask>(m, "PythonTask", R"(Base class of tasks written in Python.

A subclass defines ``rows(self, tick)``, called every tick with a `Tick`. It returns (A, b) for
A x = b, or (A, lower, upper) for an inequality; A is (m, nv), or (m, nv + forces of all contacts in
the robot's order, 3 a point, 6 a surface).

What is returned is checked: when the stack is set, on a trial tick, a mistake raises `InputError`;
in the loop it leaves the task without rows, the result's status is RELAXED and `error` says why.

Parameters
----------
name
    Of the task.
max_rows
    Most rows that it will ever give.
weight
    Against the other tasks of the level.
inequality
    Whether `rows` returns bounds.)")
      .def(py::init([](const std::string& name, int max_rows, double weight, bool inequality) {
             if (max_rows < 1) refuse("max_rows of task '" + name + "'", "must be 1 or more");
             return std::make_shared<PythonTask>(name, max_rows, checked_weight(weight, name),
                                                 inequality);
           }),
           arg("name"), arg("max_rows"), arg("weight") = 1.0, arg("inequality") = false)
      .def_property_readonly(
          "error",
          [](const PythonTask& task) {
            return task.error().empty() ? std::optional<std::string>() : task.error();
          },
          "What was wrong with the rows of the last tick, or None.");
}

}  // namespace surefoot
