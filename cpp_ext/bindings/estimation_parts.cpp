#include "estimation_parts.hpp"

#include "surefoot/estimation/contact_estimator.hpp"
#include "surefoot/estimation/ground_roughness.hpp"
#include "surefoot/estimation/invariant_kernel.hpp"
#include "surefoot/estimation/momentum_observer.hpp"
#include "surefoot/estimation/terrain_memory.hpp"

namespace py = pybind11;

namespace surefoot {
namespace {

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
      .FIELD(contact_turn_noise)
      .FIELD(contact_twist_noise)
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
      .FIELD(max_silence)
      .FIELD(clock_patience)
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
      .def("forget", &TerrainMemory::forget)
      .def("land", &TerrainMemory::land)
      .def("move", &TerrainMemory::move)
      .def("height", &TerrainMemory::height)
      .def("normal", &TerrainMemory::normal)
      .def("normal_deviation", &TerrainMemory::normal_deviation);
  py::class_<GroundRoughness>(m, "GroundRoughness")
      .def(py::init<double>())
      .def("assume", &GroundRoughness::assume)
      .def("learn", [](GroundRoughness& r, double residual,
                       double variance) { r.learn({residual, variance}); })
      .def("explains", [](const GroundRoughness& r, double residual,
                          double variance) { return r.explains({residual, variance}); })
      .def_property_readonly("variance", &GroundRoughness::variance);
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
      .def("contact_rotation",
           [checked](const InvariantKernel& k, int i) -> Eigen::Matrix3d {
             return k.contact_rotation(checked(k, i));
           })
      .def("placed", [checked](const InvariantKernel& k, int i) { return k.placed(checked(k, i)); })
      .def("predict",
           [](InvariantKernel& k, const Vector3& gyro, const Vector3& accelerometer, double dt,
              const ProcessNoise& noise, const Eigen::VectorXd& contact_noise,
              const Eigen::VectorXd& turn_noise, const Eigen::VectorXd& twist_noise, bool exact) {
             require("contact_noise", contact_noise, k.nc());
             require("turn_noise", turn_noise, k.nc());
             require("twist_noise", twist_noise, k.nc());
             k.predict(gyro, accelerometer, dt, noise, contact_noise, turn_noise, twist_noise,
                       exact);
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

void bind_covariance(py::module_& m) {
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
}

}  // namespace

void bind_estimation_parts(py::module_& m) {
  bind_options(m);
  bind_contacts(m);
  bind_covariance(m);
  bind_kernel(m);
}

}  // namespace surefoot
