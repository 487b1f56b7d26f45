#include "surefoot/wbc/tasks/collision_avoidance.hpp"
#include "surefoot/wbc/tasks/joint_limits.hpp"
#include "task_attributes.hpp"

namespace py = pybind11;
using py::arg;

namespace surefoot {
namespace {

template <typename T>
void positive_attribute(TaskClass<T>& type, const char* attribute, double T::* member,
                        const char* doc) {
  type.def_property(
      attribute, [member](const T& task) { return task.*member; },
      [=](T& task, double value) { task.*member = positive(of(attribute, task.name()), value); },
      doc);
}

void bind_joint_limits(py::module_& m) {
  TaskClass<JointLimits> limits(m, "JointLimits", R"(Joints keep their position and velocity limits.

An inequality on joint accelerations: those after which the limits can still be kept by braking
(A. Del Prete, "Joint position and velocity bounds in discrete-time acceleration/torque control of
robot arms", RA-L 2018). Meant for ``Stack(levels, limits=[...])``.

Parameters
----------
braking
    Acceleration that is always available, rad/s^2; also the most that is asked for outside.
step
    s; a longer one than the control tick brakes earlier and is calmer under noise.
margin
    rad, kept from the position limits.)");
  limits.def(py::init([](double braking, double step, double margin, double weight,
                         const std::string& name) {
               return std::make_shared<JointLimits>(
                   positive(of("braking", name), braking), positive(of("step", name), step),
                   not_negative(of("margin", name), margin), checked_weight(weight, name), name);
             }),
             arg("braking"), arg("step"), arg("margin") = 0.0, arg("weight") = 1.0,
             arg("name") = "joint limits");
  positive_attribute(limits, "braking", &JointLimits::braking, "rad/s^2");
  positive_attribute(limits, "step", &JointLimits::step, "s");
  gain_attribute(limits, "margin", &JointLimits::margin, "rad");
}

void bind_collisions(py::module_& m) {
  py::class_<Capsule>(m, "Capsule", R"(A capsule fixed to a frame, a sphere where start equals end.

Parameters
----------
frame
    One of ``robot.frame_names``.
radius
    m.
start, end
    (3,) ends of its axis in the frame, m.)")
      .def(py::init([](const std::string& frame, double radius, const Eigen::VectorXd& start,
                       const Eigen::VectorXd& end) {
             return Capsule{frame, sized<3>("start", start), sized<3>("end", end),
                            not_negative("radius", radius)};
           }),
           arg("frame"), arg("radius"), arg("start") = Eigen::VectorXd(Eigen::VectorXd::Zero(3)),
           arg("end") = Eigen::VectorXd(Eigen::VectorXd::Zero(3)))
      .def_readonly("frame", &Capsule::frame)
      .def_readonly("radius", &Capsule::radius)
      .def_property_readonly("start", [](const Capsule& c) { return read_only(c.start); })
      .def_property_readonly("end", [](const Capsule& c) { return read_only(c.end); });

  TaskClass<CollisionAvoidance> task(
      m, "CollisionAvoidance",
      R"(Chosen pairs of capsules stay apart: d'' + 2 g d' + g^2 (d - distance) >= 0.

An inequality (Q. Nguyen and K. Sreenath, "Exponential control barrier functions", ACC 2016).
Meant for ``Stack(levels, limits=[...])``.

Parameters
----------
pairs
    Of `Capsule`.
distance
    m, kept between the surfaces.
gain
    g, 1/s; a higher one lets pairs close faster.)");
  task.def(py::init([](const std::vector<std::pair<Capsule, Capsule>>& pairs, double distance,
                       double gain, double weight, const std::string& name) {
             std::vector<CollisionAvoidance::Pair> all;
             for (const auto& [first, second] : pairs) all.push_back({first, second});
             return std::make_shared<CollisionAvoidance>(
                 std::move(all), not_negative(of("distance", name), distance),
                 positive(of("gain", name), gain), checked_weight(weight, name), name);
           }),
           arg("pairs"), arg("distance"), arg("gain"), arg("weight") = 1.0,
           arg("name") = "collisions");
  gain_attribute(task, "distance", &CollisionAvoidance::distance, "m");
  positive_attribute(task, "gain", &CollisionAvoidance::gain, "1/s");
  task.def_property_readonly(
      "distances", [](const CollisionAvoidance& t) { return read_only(t.distances()); },
      "(pairs,) between the surfaces at the last tick, m; negative where they overlap");
}

}  // namespace

void bind_limit_tasks(py::module_& m) {
  bind_joint_limits(m);
  bind_collisions(m);
}

}  // namespace surefoot
