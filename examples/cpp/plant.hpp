#pragma once
#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <cmath>
#include <surefoot/control/controller.hpp>
#include <surefoot/rigid_body.hpp>

/// A robot on flat ground: rigid bodies, feet on springs and dampers with friction, motors with
/// their drivers' PD loops. Small, for examples; `surefoot.sim` in Python is the real one.
class Plant {
 public:
  Plant(const surefoot::RobotDescription& description, const Eigen::VectorXd& q)
      : description_(description),
        body_(description),
        q_(q),
        v_(Eigen::VectorXd::Zero(description.nv())),
        acceleration_(v_),
        force_(v_),
        torque_(Eigen::VectorXd::Zero(description.nj())),
        factor_(description.nv()) {
    acceleration_[2] = -kGravity;
    body_.update(q_, v_);
  }

  const Eigen::VectorXd& q() const { return q_; }
  double time() const { return time_; }

  /// What the IMU (in the base frame) and the encoders measure, exactly.
  void measure(surefoot::SensorSample& sample) const {
    const Eigen::Vector3d linear = v_.head<3>(), angular = v_.segment<3>(3);
    sample.time = time_;
    sample.gyro = angular;
    sample.accelerometer = acceleration_.head<3>() + angular.cross(linear) +
                           rotation().transpose() * Eigen::Vector3d(0.0, 0.0, kGravity);
    sample.joint_position = q_.tail(description_.nj());
    sample.joint_velocity = v_.tail(description_.nj());
    sample.joint_torque = torque_;
  }

  void step(const surefoot::JointCommand& command, double duration) {
    const int steps = static_cast<int>(std::lround(duration / kStep));
    for (int i = 0; i < steps; ++i) advance(command);
  }

 private:
  static constexpr double kGravity = 9.81, kStep = 2.5e-4;
  static constexpr double kStiffness = 2e4, kDamping = 2e2, kSlide = 3e2;  // N/m, N s/m

  Eigen::Matrix3d rotation() const {
    return Eigen::Quaterniond(q_[6], q_[3], q_[4], q_[5]).toRotationMatrix();
  }

  void advance(const surefoot::JointCommand& command) {
    const int nj = description_.nj();
    body_.update(q_, v_);
    for (int j = 0; j < nj; ++j) {
      const double limit = description_.joints[static_cast<std::size_t>(j)].effort_limit;
      torque_[j] = command.torque[j] + command.kp[j] * (command.position[j] - q_[7 + j]) +
                   command.kd[j] * (command.velocity[j] - v_[6 + j]);
      torque_[j] = std::fmin(limit, std::fmax(-limit, torque_[j]));
    }
    force_ = -body_.bias();
    force_.tail(nj) += torque_;
    for (int i = 0; i < description_.nc(); ++i) {
      const auto& contact = description_.contacts[static_cast<std::size_t>(i)];
      const double depth = contact.radius - body_.frame_position(i).z();
      if (depth <= 0.0) continue;
      const Eigen::Vector3d lever(0.0, 0.0, -contact.radius);
      const auto& motion = body_.frame_velocity(i);
      const Eigen::Vector3d slide =
          motion.head<3>() + Eigen::Vector3d(motion.tail<3>()).cross(lever);
      const double normal = std::fmax(0.0, kStiffness * depth - kDamping * slide.z());
      Eigen::Vector3d push(-kSlide * slide.x(), -kSlide * slide.y(), 0.0);
      const double most = contact.friction * normal;
      if (push.norm() > most) push *= most / push.norm();
      push.z() = normal;
      force_ += body_.frame_jacobian(i).topRows<3>().transpose() * push +
                body_.frame_jacobian(i).bottomRows<3>().transpose() * lever.cross(push);
    }
    factor_.compute(body_.mass_matrix());
    acceleration_ = factor_.solve(force_);
    v_ += kStep * acceleration_;
    const Eigen::Quaterniond turn(q_[6], q_[3], q_[4], q_[5]);
    const Eigen::Vector3d angle = kStep * v_.segment<3>(3);
    q_.head<3>() += kStep * (turn * v_.head<3>());
    if (angle.norm() > 0.0)
      q_.segment<4>(3) =
          (turn * Eigen::Quaterniond(Eigen::AngleAxisd(angle.norm(), angle.normalized())))
              .normalized()
              .coeffs();
    q_.tail(nj) += kStep * v_.tail(nj);
    time_ += kStep;
  }

  const surefoot::RobotDescription description_;
  surefoot::RigidBody body_;
  Eigen::VectorXd q_, v_, acceleration_, force_, torque_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  double time_ = 0.0;
};
