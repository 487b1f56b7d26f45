#include <chrono>

#include "bindings.hpp"
#include "surefoot/estimation/attitude_filter.hpp"
#include "surefoot/estimation/contact_estimator.hpp"
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

void require(const char* name, const Eigen::VectorXd& target, int size) {
  if (target.size() != size)
    throw py::value_error(std::string(name) + " has length " + std::to_string(target.size()) +
                          ", expected " + std::to_string(size));
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

void bind_options(py::module_& m) {
  py::class_<ContactOptions> contact(m, "ContactOptions");
  contact.def(py::init<>());
#define FIELD(name) def_readwrite(#name, &ContactOptions::name)
  contact.FIELD(force_threshold)
      .FIELD(force_limit)
      .FIELD(torque_limit)
      .FIELD(torque_time)
      .FIELD(plan_weight)
      .FIELD(still_weight)
      .FIELD(speed)
      .FIELD(height)
      .FIELD(kinematic_limit)
      .FIELD(enter_probability)
      .FIELD(leave_probability);
#undef FIELD
  py::class_<EstimatorOptions> options(m, "EstimatorOptions");
  options.def(py::init<>());
#define FIELD(name) def_readwrite(#name, &EstimatorOptions::name)
  options.FIELD(gyro_noise)
      .FIELD(accelerometer_noise)
      .FIELD(gyro_bias_noise)
      .FIELD(accelerometer_bias_noise)
      .FIELD(joint_position_noise)
      .FIELD(joint_velocity_noise)
      .FIELD(contact_noise)
      .FIELD(contact_velocity_noise)
      .FIELD(settle_time)
      .FIELD(terrain_noise)
      .FIELD(terrain_step)
      .FIELD(initialization_time)
      .FIELD(initial_tilt)
      .FIELD(initial_gyro_bias)
      .FIELD(initial_accelerometer_bias)
      .FIELD(initial_height)
      .FIELD(rest_gyro)
      .FIELD(rest_accelerometer)
      .FIELD(slip_speed)
      .FIELD(slip_displacement)
      .FIELD(slip_time)
      .FIELD(slip_patience)
      .FIELD(slip_factor)
      .FIELD(max_gap)
      .FIELD(terrain_slope)
      .FIELD(gyro_limit)
      .FIELD(accelerometer_limit)
      .FIELD(silent_gyro_noise)
      .FIELD(silent_accelerometer_noise)
      .FIELD(stuck_motion)
      .FIELD(velocity_time)
      .FIELD(acceleration_noise)
      .FIELD(tilt_acceleration_noise)
      .FIELD(tilt_time)
      .FIELD(contact);
#undef FIELD
}

void bind_contacts(py::module_& m) {
  py::class_<RelativeFrame>(m, "RelativeFrame")
      .def_readonly("position", &RelativeFrame::position)
      .def_readonly("rotation", &RelativeFrame::rotation)
      .def_readonly("velocity", &RelativeFrame::velocity)
      .def_readonly("angular_velocity", &RelativeFrame::angular_velocity)
      .def_readonly("joints", &RelativeFrame::joints)
      .def_readonly("linear_jacobian", &RelativeFrame::linear_jacobian)
      .def_readonly("angular_jacobian", &RelativeFrame::angular_jacobian);
  py::class_<ContactKinematics>(m, "ContactKinematics")
      .def(py::init<const RobotDescription&, int, const Eigen::Matrix3d&, const Eigen::Vector3d&>())
      .def("update",
           [](ContactKinematics& k, const Eigen::VectorXd& q, const Eigen::VectorXd& dq) {
             require("joint_position", q, k.nj());
             require("joint_velocity", dq, k.nj());
             k.update(q, dq);
           })
      .def("contact",
           [](const ContactKinematics& k, int i) {
             if (i < 0 || i >= k.nc()) throw py::index_error("no contact of that index");
             return k.contact(i);
           })
      .def_property_readonly("base", &ContactKinematics::base);
  py::class_<TerrainMemory>(m, "TerrainMemory")
      .def(py::init<int, const EstimatorOptions&>())
      .def("reset", &TerrainMemory::reset)
      .def("land", &TerrainMemory::land)
      .def("height", &TerrainMemory::height)
      .def_property_readonly("normal", &TerrainMemory::normal);
  py::class_<MomentumObserver>(m, "MomentumObserver")
      .def(py::init<const RobotDescription&, const ContactKinematics&, double>())
      .def("reset", &MomentumObserver::reset)
      .def("update",
           [](MomentumObserver& o, const ContactKinematics& k, const Eigen::Vector3d& velocity,
              const Eigen::Vector3d& force, const Eigen::VectorXd& dq, const Eigen::VectorXd& tau,
              double dt) {
             require("joint_velocity", dq, k.nj());
             require("joint_torque", tau, k.nj());
             o.update(k, {velocity, force}, dq, tau, dt);
           })
      .def_property_readonly("ready", &MomentumObserver::ready)
      .def_property_readonly("torque", &MomentumObserver::torque)
      .def("force", [](const MomentumObserver& o, const ContactKinematics& k, int i) {
        if (i < 0 || i >= k.nc()) throw py::index_error("no contact of that index");
        return o.force(k, i);
      });
  py::class_<ContactEstimator>(m, "ContactEstimator")
      .def(py::init<int, const ContactOptions&>())
      .def("reset", &ContactEstimator::reset)
      .def("update",
           [](ContactEstimator& c, double dt, const Eigen::VectorXd& plan,
              const Eigen::VectorXd& measured_force, const Eigen::VectorXd& torque_force,
              const Eigen::VectorXd& speed, const Eigen::VectorXd& height) {
             for (const auto* a : {&plan, &measured_force, &torque_force, &speed, &height})
               require("evidence", *a, c.nc());
             for (int i = 0; i < c.nc(); ++i)
               c.update(i, {plan[i], measured_force[i], torque_force[i], speed[i], height[i]}, dt);
           })
      .def_property_readonly("probability",
                             [](const ContactEstimator& c) {
                               Eigen::VectorXd p(c.nc());
                               for (int i = 0; i < c.nc(); ++i) p[i] = c[i].probability;
                               return p;
                             })
      .def_property_readonly("in_contact", [](const ContactEstimator& c) {
        std::vector<bool> flags;
        for (int i = 0; i < c.nc(); ++i) flags.push_back(c[i].in_contact);
        return flags;
      });
}

void bind_kernel(py::module_& m) {
  using Vector3 = Eigen::Vector3d;
  using Matrix3 = Eigen::Matrix3d;
  py::class_<ImuState>(m, "ImuState")
      .def(py::init<>())
      .def_readwrite("rotation", &ImuState::rotation)
      .def_readwrite("velocity", &ImuState::velocity)
      .def_readwrite("position", &ImuState::position)
      .def_readwrite("gyro_bias", &ImuState::gyro_bias)
      .def_readwrite("accelerometer_bias", &ImuState::accelerometer_bias);
  py::class_<ProcessNoise>(m, "ProcessNoise")
      .def(py::init<>())
      .def_readwrite("gyro", &ProcessNoise::gyro)
      .def_readwrite("accelerometer", &ProcessNoise::accelerometer)
      .def_readwrite("gyro_bias", &ProcessNoise::gyro_bias)
      .def_readwrite("accelerometer_bias", &ProcessNoise::accelerometer_bias);
  const auto checked = [](const InvariantKernel& k, int i) {
    if (i < 0 || i >= k.nc()) throw py::index_error("no contact of that index");
    return i;
  };
  py::class_<InvariantKernel>(m, "InvariantKernel")
      .def(py::init<const std::vector<bool>&>())
      .def_property(
          "imu", [](const InvariantKernel& k) { return k.imu(); },
          [](InvariantKernel& k, const ImuState& s) { k.imu() = s; })
      .def_property(
          "covariance", [](const InvariantKernel& k) { return k.covariance().matrix(); },
          [](InvariantKernel& k, const Eigen::MatrixXd& p) {
            if (p.rows() != k.covariance().size() || p.cols() != k.covariance().size())
              throw py::value_error("covariance has the wrong shape");
            k.covariance().matrix() = p;
          })
      .def_property_readonly("correction",
                             [](const InvariantKernel& k) { return k.covariance().correction(); })
      .def_property_readonly("contact_positions",
                             [](const InvariantKernel& k) { return k.contact_positions(); })
      .def("placed", [checked](const InvariantKernel& k, int i) { return k.placed(checked(k, i)); })
      .def("predict",
           [](InvariantKernel& k, const Vector3& gyro, const Vector3& accelerometer, double dt,
              const ProcessNoise& noise, const Eigen::VectorXd& contact_noise, bool exact) {
             require("contact_noise", contact_noise, k.nc());
             k.predict(gyro, accelerometer, dt, noise, contact_noise, exact);
           })
      .def("place",
           [checked](InvariantKernel& k, int i, const Vector3& position, const Matrix3& noise,
                     const Matrix3& rotation, const Matrix3& rotation_noise) {
             k.place(checked(k, i), position, noise, rotation, rotation_noise);
           })
      .def("forget", [checked](InvariantKernel& k, int i) { k.forget(checked(k, i)); })
      .def("begin", &InvariantKernel::begin)
      .def("correct_position",
           [checked](InvariantKernel& k, int i, const Vector3& position, const Matrix3& noise,
                     double gate) {
             return k.correct_position(checked(k, i), position, noise, gate);
           })
      .def("correct_rotation",
           [checked](InvariantKernel& k, int i, const Matrix3& rotation, const Matrix3& noise,
                     double gate) {
             if (k.rotation_index(checked(k, i)) < 0)
               throw py::value_error("a point contact has no rotation");
             return k.correct_rotation(i, rotation, noise, gate);
           })
      .def("correct_velocity", &InvariantKernel::correct_velocity)
      .def("correct_height",
           [checked](InvariantKernel& k, int i, double height, double variance, double gate) {
             return k.correct_height(checked(k, i), height, variance, gate);
           })
      .def("finish", &InvariantKernel::finish);
}

}  // namespace

void bind_estimation(py::module_& m) {
  bind_options(m);
  bind_contacts(m);
  py::class_<ErrorCovariance>(m, "ErrorCovariance")
      .def(py::init<int>())
      .def_property(
          "matrix", [](const ErrorCovariance& c) { return c.matrix(); },
          [](ErrorCovariance& c, const Eigen::MatrixXd& p) {
            if (p.rows() != c.size() || p.cols() != c.size())
              throw py::value_error("matrix has the wrong shape");
            c.matrix() = p;
          })
      .def_property_readonly("correction", [](const ErrorCovariance& c) { return c.correction(); })
      .def("begin", &ErrorCovariance::begin)
      .def("update3", &ErrorCovariance::update3)
      .def("update1", &ErrorCovariance::update1)
      .def("clone3", &ErrorCovariance::clone3)
      .def("reset3", &ErrorCovariance::reset3);
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
  bind_kernel(m);
  py::class_<InvariantEkf, StateEstimator, std::shared_ptr<InvariantEkf>>(m, "InvariantEkf")
      .def(py::init<const RobotDescription&, const ContactKinematics&, const EstimatorOptions&>());
}

}  // namespace surefoot
