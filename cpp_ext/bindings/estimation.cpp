#include <chrono>

#include "bindings.hpp"
#include "estimation_parts.hpp"
#include "surefoot/estimation/invariant_ekf.hpp"
#include "surefoot/estimation/linear_kalman_filter.hpp"

namespace py = pybind11;

namespace surefoot {
namespace {

using Optional = std::optional<Eigen::VectorXd>;

void fill(const char* name, Eigen::VectorXd& target, const Optional& source, int size) {
  if (!source) {
    target.resize(0);
    return;
  }
  if (source->size() != size)
    throw py::value_error(std::string(name) + " has length " + std::to_string(source->size()) +
                          ", expected " + std::to_string(size));
  target = *source;
}

/// Converts one tick's arrays into the reused sample and checks their lengths.
SensorSample make_sample(const StateEstimator& e, double time, const Eigen::VectorXd& gyro,
                         const Eigen::VectorXd& accelerometer,
                         const Eigen::VectorXd& joint_position,
                         const Eigen::VectorXd& joint_velocity, const Optional& joint_torque,
                         const Optional& foot_force, const Optional& orientation,
                         const Optional& planned_contact) {
  SensorSample s;
  require("gyro", gyro, 3);
  require("accelerometer", accelerometer, 3);
  require("joint_position", joint_position, e.nj());
  require("joint_velocity", joint_velocity, e.nj());
  s.time = time;
  s.gyro = gyro;
  s.accelerometer = accelerometer;
  s.joint_position = joint_position;
  s.joint_velocity = joint_velocity;
  fill("joint_torque", s.joint_torque, joint_torque, e.nj());
  fill("foot_force", s.foot_force, foot_force, e.nc());
  fill("planned_contact", s.planned_contact, planned_contact, e.nc());
  if (orientation) {
    require("orientation", *orientation, 4);
    s.orientation = *orientation;
  }
  return s;
}

}  // namespace

void bind_estimation(py::module_& m) {
  bind_estimation_parts(m);
  py::enum_<EstimatorStatus>(m, "EstimatorStatus")
      .value("INITIALIZING", EstimatorStatus::kInitializing)
      .value("OK", EstimatorStatus::kOk)
      .value("DEGRADED", EstimatorStatus::kDegraded);
  py::class_<StateEstimator, std::shared_ptr<StateEstimator>>(m, "StateEstimator")
      .def_property_readonly("begun", &StateEstimator::begun)
      .def("reset",
           [](StateEstimator& e, double time, const Eigen::VectorXd& gyro,
              const Eigen::VectorXd& accelerometer, const Eigen::VectorXd& joint_position,
              const Eigen::VectorXd& joint_velocity, const Optional& joint_torque,
              const Optional& foot_force, const Optional& orientation,
              const Optional& planned_contact, double base_height, double yaw, double x, double y) {
             e.reset(make_sample(e, time, gyro, accelerometer, joint_position, joint_velocity,
                                 joint_torque, foot_force, orientation, planned_contact),
                     base_height, yaw, x, y);
           })
      .def("update",
           [](StateEstimator& e, double time, const Eigen::VectorXd& gyro,
              const Eigen::VectorXd& accelerometer, const Eigen::VectorXd& joint_position,
              const Eigen::VectorXd& joint_velocity, const Optional& joint_torque,
              const Optional& foot_force, const Optional& orientation,
              const Optional& planned_contact) {
             const SensorSample sample =
                 make_sample(e, time, gyro, accelerometer, joint_position, joint_velocity,
                             joint_torque, foot_force, orientation, planned_contact);
             py::gil_scoped_release release;
             const auto begin = std::chrono::steady_clock::now();
             e.update(sample);
             const std::chrono::duration<double, std::micro> cost =
                 std::chrono::steady_clock::now() - begin;
             return cost.count();
           })
      .def("fuse_pose",
           [](StateEstimator& e, double time, const Eigen::Vector3d& position,
              const Eigen::Matrix3d& rotation, double position_noise, double rotation_noise) {
             return e.fuse_pose(time, position, rotation, position_noise, rotation_noise);
           })
      .def_property_readonly("time", &StateEstimator::time)
      .def_property_readonly("q", [](const StateEstimator& e) { return e.q(); })
      .def_property_readonly("v", [](const StateEstimator& e) { return e.v(); })
      .def_property_readonly("contact_probability",
                             [](const StateEstimator& e) {
                               Eigen::VectorXd p(e.nc());
                               for (int i = 0; i < e.nc(); ++i) p[i] = e.contacts()[i].probability;
                               return p;
                             })
      .def_property_readonly("in_contact",
                             [](const StateEstimator& e) {
                               Eigen::Array<bool, Eigen::Dynamic, 1> flags(e.nc());
                               for (int i = 0; i < e.nc(); ++i)
                                 flags[i] = e.contacts()[i].in_contact;
                               return flags;
                             })
      .def_property_readonly("covariance", [](const StateEstimator& e) { return e.covariance(); })
      .def_property_readonly("footholds",
                             [](const StateEstimator& e) { return Eigen::VectorXd(e.footholds()); })
      .def_property_readonly("imu_rotation",
                             [](const StateEstimator& e) { return e.imu().rotation; })
      .def_property_readonly("imu_velocity",
                             [](const StateEstimator& e) { return e.imu().velocity; })
      .def_property_readonly("imu_position",
                             [](const StateEstimator& e) { return e.imu().position; })
      .def_property_readonly("gyro_bias", [](const StateEstimator& e) { return e.imu().gyro_bias; })
      .def_property_readonly("accelerometer_bias",
                             [](const StateEstimator& e) { return e.imu().accelerometer_bias; })
      .def_property_readonly("status", &StateEstimator::status);
  py::class_<LinearKalmanFilter, StateEstimator, std::shared_ptr<LinearKalmanFilter>>(
      m, "LinearKalmanFilter")
      .def(py::init<const RobotDescription&, const ContactKinematics&, const EstimatorOptions&>());
  py::class_<InvariantEkf, StateEstimator, std::shared_ptr<InvariantEkf>>(m, "InvariantEkf")
      .def(py::init<const RobotDescription&, const ContactKinematics&, const EstimatorOptions&>());
}

}  // namespace surefoot
