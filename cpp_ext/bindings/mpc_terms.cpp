#include <array>
#include <tuple>

#include "bindings.hpp"
#include "mpc/centroidal_dynamics.hpp"
#include "mpc/friction.hpp"
#include "mpc/gait_schedule.hpp"
#include "mpc/projection.hpp"
#include "mpc/soft_friction.hpp"
#include "mpc/swing_trajectory.hpp"

namespace py = pybind11;

namespace surefoot {
namespace {

using namespace mpc;
using Vector = Eigen::VectorXd;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void check(const CentroidalDynamics& d, const Vector& x, const Vector& u) {
  if (x.size() != d.layout().nstate || u.size() != d.layout().nu)
    throw py::value_error("x or u has the wrong length");
}

TreeTerms terms_at(const CentroidalDynamics& d, const Vector& x, const Vector& u) {
  check(d, x, u);
  TreeTerms terms = d.tree().make_terms();
  d.evaluate(x.data(), u.data(), terms, true);
  return terms;
}

Vector rate(const CentroidalDynamics& d, const Vector& x, const Vector& u) {
  const TreeTerms terms = terms_at(d, x, u);
  Vector result(d.layout().nx);
  d.rate(terms, x.data(), u.data(), result.data());
  return result;
}

Vector step(const CentroidalDynamics& d, const Vector& x, const Vector& u, double dt) {
  check(d, x, u);
  TreeTerms terms = d.tree().make_terms(), scratch = d.tree().make_terms();
  Vector next(d.layout().nstate);
  d.step(x.data(), u.data(), dt, terms, scratch, next.data());
  return next;
}

RowMatrix jacobian(CentroidalDynamics& d, const Vector& x, const Vector& u, double dt) {
  check(d, x, u);
  TreeTerms terms = d.tree().make_terms(), scratch = d.tree().make_terms();
  Vector next(d.layout().nstate);
  RowMatrix rows = RowMatrix::Zero(d.layout().nx, d.layout().stride);
  d.linearize(x.data(), u.data(), dt, terms, scratch, next.data(), rows.data());
  return rows.leftCols(d.layout().nx + d.layout().nu);
}

/// Velocity (linear, angular) and position Jacobian rows of a contact: 9 x columns.
RowMatrix contact_rows(const CentroidalDynamics& d, const Vector& x, const Vector& u, int c) {
  const TreeTerms terms = terms_at(d, x, u);
  const int stride = d.layout().stride;
  RowMatrix rows = RowMatrix::Zero(9, stride);
  d.point_velocity_rows(terms, x.data(), c, rows.data());
  d.point_angular_rows(terms, x.data(), c, rows.data() + 3 * stride);
  d.point_position_rows(terms, c, rows.data() + 6 * stride);
  return rows.leftCols(d.layout().nx + d.layout().nu);
}

/// Velocity (linear, angular) and position of a contact, world: (9,).
Vector contact_values(const CentroidalDynamics& d, const Vector& x, const Vector& u, int c) {
  const TreeTerms terms = terms_at(d, x, u);
  const auto& point = terms.points.at(static_cast<std::size_t>(c));
  Vector values(9);
  values << x.head<3>() + point.velocity, point.angular_velocity, x.segment<3>(6) + point.position;
  return values;
}

Vector state_of(const CentroidalDynamics& d, const Vector& q, const Vector& v) {
  const int n = d.layout().n;
  if (q.size() != 7 + n || v.size() != 6 + n) throw py::value_error("q or v has the wrong length");
  Vector x(13 + n);
  x.tail(7 + n) = q;
  TreeTerms terms = d.tree().make_terms();
  const Matrix3d R = orientation(x.data()).toRotationMatrix();
  d.tree().positions(R, q.data() + 7, terms);
  const Vector3d linear = R * v.head<3>(), angular = R * v.segment<3>(3);
  x.head<6>() = d.tree().momentum_over_mass(terms, linear, angular, v.data() + 6);
  return x;
}

Vector add(const CentroidalDynamics& d, const Vector& x, const Vector& dx) {
  Vector result(d.layout().nstate);
  add_tangent(d.layout(), x.data(), dx.data(), result.data());
  return result;
}

Vector subtract(const CentroidalDynamics& d, const Vector& a, const Vector& b) {
  Vector result(d.layout().nx);
  subtract_states(d.layout(), a.data(), b.data(), result.data());
  return result;
}

/// Cost, gradient and Hessian of a contact's soft friction.
std::tuple<double, Vector, RowMatrix> friction_cost(const ContactDescription& contact,
                                                    const Vector3d& normal, double weight,
                                                    double relaxation, double smoothing,
                                                    const Vector& force) {
  const int size = contact.size();
  if (force.size() != size) throw py::value_error("force has the wrong length");
  Vector gradient = Vector::Zero(size);
  RowMatrix hessian = RowMatrix::Zero(size, size);
  const double cost =
      soft_friction(contact, contact_axes(normal, Vector3d::UnitX()), {weight, relaxation},
                    smoothing, 1.0, force.data(), gradient.data(), hessian.data(), size);
  return {cost, gradient, hessian};
}

std::array<double, 3> values(const Motion& m) { return {m.position, m.velocity, m.acceleration}; }

/// Basis, feedback, offset and how many directions were damped.
std::tuple<RowMatrix, RowMatrix, Vector, int> project(const RowMatrix& D, const RowMatrix& C,
                                                      const Vector& e, double tolerance) {
  const auto m = static_cast<int>(D.rows()), n = static_cast<int>(D.cols()),
             nx = static_cast<int>(C.cols());
  if (C.rows() != m || e.size() != m) throw py::value_error("D, C and e need as many rows");
  RowMatrix joined(m, n + nx);
  joined << D, C;
  Projection projection(m, n, nx, tolerance);
  projection.compute(m, joined.data(), joined.data() + n, n + nx);
  RowMatrix basis(n, projection.free()), feedback(n, nx);
  Vector offset(n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < projection.free(); ++j) basis(i, j) = projection.basis(i)[j];
    for (int j = 0; j < nx; ++j) feedback(i, j) = projection.feedback(i)[j];
    offset[i] = Eigen::Map<const Vector>(projection.inverse(i), m).dot(e);
  }
  return {basis, feedback, offset, projection.damped()};
}

}  // namespace

/// The NMPC's parts, bound for tests and prototypes.
void bind_mpc_terms(py::module_& m) {
  py::class_<CentroidalDynamics>(m, "CentroidalDynamics",
                                 "Columns of Jacobians: tangent, joint velocities, forces.")
      .def(py::init<const RobotDescription&>(), py::arg("description"))
      .def("rate", &rate, py::arg("x"), py::arg("u"))
      .def("step", &step, py::arg("x"), py::arg("u"), py::arg("dt"))
      .def("jacobian", &jacobian, py::arg("x"), py::arg("u"), py::arg("dt"))
      .def("contact_rows", &contact_rows, py::arg("x"), py::arg("u"), py::arg("contact"))
      .def("contact_values", &contact_values, py::arg("x"), py::arg("u"), py::arg("contact"))
      .def("state", &state_of, py::arg("q"), py::arg("v"))
      .def("add", &add, py::arg("x"), py::arg("dx"))
      .def("subtract", &subtract, py::arg("a"), py::arg("b"));
  m.def("reduce", &reduce, py::arg("description"), py::arg("joints"), py::arg("posture"),
        "The robot with the joints that are not named frozen at the posture.");
  m.def(
      "project", &project, py::arg("D"), py::arg("C"), py::arg("e"), py::arg("tolerance"),
      "Basis, feedback and offset that eliminate dv from D dv + C dx + e = 0; damped directions.");
  m.def("soft_friction", &friction_cost, py::arg("contact"), py::arg("normal"), py::arg("weight"),
        py::arg("relaxation"), py::arg("smoothing"), py::arg("force"),
        "Cost, gradient and Hessian of friction as a relaxed barrier.");
  py::class_<Gait>(m, "GaitPattern")
      .def(py::init([](double period, double duty, std::vector<double> offset, double height,
                       double shift_time) {
             return Gait{"", period, duty, std::move(offset), height, shift_time};
           }),
           py::arg("period"), py::arg("duty"), py::arg("offset"), py::arg("swing_height"),
           py::arg("shift_time") = 0.0);
  py::class_<GaitSchedule>(m, "GaitSchedule")
      .def(py::init<int>(), py::arg("contacts"))
      .def("reset", &GaitSchedule::reset, py::arg("gait"), py::arg("time"))
      .def("change", &GaitSchedule::change, py::arg("gait"), py::arg("time"))
      .def(
          "correct",
          [](GaitSchedule& s, int contact, double time, bool touching, double early, double grace,
             double limit, double step) {
            return s.correct(contact, time, touching, {early, grace, limit, step});
          },
          py::arg("contact"), py::arg("time"), py::arg("touching"), py::arg("early"),
          py::arg("grace"), py::arg("limit"), py::arg("step"))
      .def("in_contact", &GaitSchedule::in_contact, py::arg("contact"), py::arg("time"))
      .def("next_event", &GaitSchedule::next_event, py::arg("contact"), py::arg("time"))
      .def(
          "swing",
          [](const GaitSchedule& s, int contact, double time) {
            const SwingInterval swing = s.swing(contact, time);
            return std::array<double, 2>{swing.start, swing.end};
          },
          py::arg("contact"), py::arg("time"));
  m.def(
      "swing_height",
      [](double start, double end, double lift_off, double touch_down, double clearance,
         double time) {
        return values(SwingHeight{start, end, lift_off, touch_down, clearance}.at(time));
      },
      py::arg("start"), py::arg("end"), py::arg("lift_off"), py::arg("touch_down"),
      py::arg("clearance"), py::arg("time"), "Height, velocity, acceleration of a swing foot.");
  py::class_<QuinticReach>(m, "QuinticReach")
      .def(py::init<>())
      .def(
          "start_at",
          [](QuinticReach& r, double time, double position) {
            r.start_at(time, {position, 0.0, 0.0});
          },
          py::arg("time"), py::arg("position"))
      .def("aim", &QuinticReach::aim, py::arg("time"), py::arg("target"), py::arg("arrival"))
      .def(
          "at", [](const QuinticReach& r, double time) { return values(r.at(time)); },
          py::arg("time"));
}

}  // namespace surefoot
