#pragma once
#include "control/joint_commands.hpp"
#include "control/walker.hpp"
#include "surefoot/control/controller.hpp"
#include "surefoot/control/motions.hpp"

namespace surefoot {

/// What the controller holds and does: a tick's way from sensors to a checked command
/// (controller.cpp), and what each phase does in it (phases.cpp).
struct Controller::Impl {
  Impl(const RobotDescription& description, const ControlOptions& options,
       std::shared_ptr<StateEstimator> estimator, std::shared_ptr<WholeBodyController> wbc);

  void step(const SensorSample& sensors, const TrueState* truth);
  void take_in(const SensorSample& sensors);
  bool estimate();
  void gather_facts(const TrueState* truth);
  void watch();
  void check_command();

  void run_phase();
  void passive();
  void stand_up();
  void stand();
  void walk();
  void sit();
  void rest();
  void rise();
  void track();
  bool wants_to_walk() const;

  const RobotDescription description;
  const ControlOptions options;
  std::shared_ptr<StateEstimator> estimator;
  std::shared_ptr<WholeBodyController> wbc;
  std::unique_ptr<Walker> walker;  ///< none if no gait walks
  PhaseMachine machine;
  JointCommands joint_commands;
  JointMotion fold;
  FixedContactMotion motion;

  const double lying_height;  ///< of the base over the ground when it lies on its contacts, m

  VelocityCommand command;
  int gait;
  bool wants_to_stand = false, wants_to_damp = false;

  SensorSample sample;  ///< every field sized; what was not measured is NaN
  Eigen::VectorXd last_torque;
  Eigen::VectorXd q, v;
  double time = 0.0, start_time = NAN;
  Facts facts;
  bool folding = false, has_reference = false, has_torque = false, has_hold = false;
  Reference reference;
  WholeBodyController::Contacts contacts;  ///< of the reference
  Eigen::VectorXd hold, still;
  JointCommand joint_command;
  ControlTimings timings;
  long wbc_failures = 0;
};

}  // namespace surefoot
