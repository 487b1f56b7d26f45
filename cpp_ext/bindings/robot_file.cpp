#include "surefoot/control/robot_file.hpp"

#include "bindings.hpp"

namespace py = pybind11;

namespace surefoot {

void bind_robot_file(py::module_& m) {
  py::class_<StackGains>(m, "StackGains")
      .def(py::init<>())
      .def_readwrite("base_kp", &StackGains::base_kp)
      .def_readwrite("base_kd", &StackGains::base_kd)
      .def_readwrite("base_weight", &StackGains::base_weight)
      .def_readwrite("swing_kp", &StackGains::swing_kp)
      .def_readwrite("swing_kd", &StackGains::swing_kd)
      .def_readwrite("swing_weight", &StackGains::swing_weight)
      .def_readwrite("posture_kp", &StackGains::posture_kp)
      .def_readwrite("posture_kd", &StackGains::posture_kd)
      .def_readwrite("posture_weight", &StackGains::posture_weight)
      .def_readwrite("force_weight", &StackGains::force_weight);
  py::class_<RobotSetup>(m, "RobotSetup")
      .def(py::init<>())
      .def_readwrite("description", &RobotSetup::description)
      .def_readwrite("control", &RobotSetup::control)
      .def_readwrite("estimator", &RobotSetup::estimator)
      .def_readwrite("linear_filter", &RobotSetup::linear_filter)
      .def_readwrite("imu_joint", &RobotSetup::imu_joint)
      .def_readwrite("imu_rotation", &RobotSetup::imu_rotation)
      .def_readwrite("imu_translation", &RobotSetup::imu_translation)
      .def_readwrite("wbc", &RobotSetup::wbc)
      .def_readwrite("strict", &RobotSetup::strict)
      .def_readwrite("stack", &RobotSetup::stack);
  m.def("write_robot", &write_robot, py::arg("setup"));
  m.def("parse_robot", &parse_robot, py::arg("text"));
}

}  // namespace surefoot
