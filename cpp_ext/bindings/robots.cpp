#include "bindings.hpp"
#include "surefoot/rigid_body.hpp"
#include "surefoot/robot_description.hpp"

namespace py = pybind11;

namespace surefoot {
namespace {

int checked_frame(const RigidBody& body, int frame) {
  if (frame < 0 || frame >= body.nframes()) throw py::index_error("no frame of that index");
  return frame;
}

void checked_update(RigidBody& body, const Eigen::VectorXd& q, const Eigen::VectorXd& v) {
  if (q.size() != body.nq() || v.size() != body.nv())
    throw py::value_error("q or v has the wrong length");
  if (!q.allFinite() || !v.allFinite()) throw py::value_error("q or v is not finite");
  py::gil_scoped_release release;
  body.update(q, v);
}

}  // namespace

void bind_robots(py::module_& m) {
  py::class_<BodyInertia>(m, "BodyInertia")
      .def(py::init<>())
      .def_readwrite("mass", &BodyInertia::mass)
      .def_readwrite("com", &BodyInertia::com)
      .def_readwrite("inertia", &BodyInertia::inertia);
  py::enum_<JointKind>(m, "JointKind")
      .value("REVOLUTE", JointKind::kRevolute)
      .value("PRISMATIC", JointKind::kPrismatic);
  py::class_<JointDescription>(m, "JointDescription")
      .def(py::init<>())
      .def_readwrite("name", &JointDescription::name)
      .def_readwrite("kind", &JointDescription::kind)
      .def_readwrite("parent", &JointDescription::parent)
      .def_readwrite("rotation", &JointDescription::rotation)
      .def_readwrite("translation", &JointDescription::translation)
      .def_readwrite("axis", &JointDescription::axis)
      .def_readwrite("body", &JointDescription::body)
      .def_readwrite("armature", &JointDescription::armature)
      .def_readwrite("position_lower", &JointDescription::position_lower)
      .def_readwrite("position_upper", &JointDescription::position_upper)
      .def_readwrite("velocity_limit", &JointDescription::velocity_limit)
      .def_readwrite("effort_limit", &JointDescription::effort_limit);
  py::class_<FrameDescription>(m, "FrameDescription")
      .def(py::init<>())
      .def_readwrite("name", &FrameDescription::name)
      .def_readwrite("joint", &FrameDescription::joint)
      .def_readwrite("rotation", &FrameDescription::rotation)
      .def_readwrite("translation", &FrameDescription::translation);
  py::enum_<ContactKind>(m, "ContactKind")
      .value("POINT", ContactKind::kPoint)
      .value("SURFACE", ContactKind::kSurface);
  py::class_<ContactDescription>(m, "ContactDescription")
      .def(py::init<>())
      .def_readwrite("frame", &ContactDescription::frame)
      .def_readwrite("kind", &ContactDescription::kind)
      .def_readwrite("radius", &ContactDescription::radius)
      .def_readwrite("half_length", &ContactDescription::half_length)
      .def_readwrite("half_width", &ContactDescription::half_width)
      .def_readwrite("friction", &ContactDescription::friction)
      .def_readwrite("yaw_friction", &ContactDescription::yaw_friction)
      .def_property_readonly("size", &ContactDescription::size);
  py::class_<RobotDescription>(m, "RobotDescription")
      .def(py::init<>())
      .def_readwrite("name", &RobotDescription::name)
      .def_readwrite("base", &RobotDescription::base)
      .def_readwrite("joints", &RobotDescription::joints)
      .def_readwrite("contacts", &RobotDescription::contacts)
      .def_readwrite("frames", &RobotDescription::frames)
      .def_property_readonly("nj", &RobotDescription::nj)
      .def_property_readonly("nq", &RobotDescription::nq)
      .def_property_readonly("nv", &RobotDescription::nv)
      .def_property_readonly("nc", &RobotDescription::nc)
      .def_property_readonly("mass", &RobotDescription::mass)
      .def("validate", &RobotDescription::validate);

  py::class_<RigidBody>(m, "RigidBody", "Rigid-body dynamics terms at one state (Pinocchio).")
      .def(py::init<const RobotDescription&>(), py::arg("description"))
      .def("update", &checked_update, py::arg("q"), py::arg("v"))
      .def_property_readonly("nq", &RigidBody::nq)
      .def_property_readonly("nv", &RigidBody::nv)
      .def_property_readonly("nc", &RigidBody::nc)
      .def_property_readonly("nframes", &RigidBody::nframes)
      .def_property_readonly("mass_matrix", [](const RigidBody& b) { return b.mass_matrix(); })
      .def_property_readonly("bias", [](const RigidBody& b) { return b.bias(); })
      .def_property_readonly("com", [](const RigidBody& b) { return b.com(); })
      .def_property_readonly("com_velocity", [](const RigidBody& b) { return b.com_velocity(); })
      .def_property_readonly("centroidal_map",
                             [](const RigidBody& b) { return b.centroidal_map(); })
      .def_property_readonly("centroidal_drift",
                             [](const RigidBody& b) { return b.centroidal_drift(); })
      .def_property_readonly("centroidal_momentum",
                             [](const RigidBody& b) { return b.centroidal_momentum(); })
      .def("frame_jacobian",
           [](const RigidBody& b, int i) { return b.frame_jacobian(checked_frame(b, i)); })
      .def("frame_drift",
           [](const RigidBody& b, int i) { return b.frame_drift(checked_frame(b, i)); })
      .def("frame_velocity",
           [](const RigidBody& b, int i) { return b.frame_velocity(checked_frame(b, i)); })
      .def("frame_position",
           [](const RigidBody& b, int i) { return b.frame_position(checked_frame(b, i)); })
      .def("frame_rotation",
           [](const RigidBody& b, int i) { return b.frame_rotation(checked_frame(b, i)); });
}

}  // namespace surefoot
