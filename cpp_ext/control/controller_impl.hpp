#pragma once
#include <cmath>

#include "control/contact_switch.hpp"
#include "control/delay_predictor.hpp"
#include "control/joint_commands.hpp"
#include "control/walker.hpp"
#include "surefoot/control/controller.hpp"
#include "surefoot/control/motions.hpp"
#include "surefoot/control/posture.hpp"

namespace surefoot {

/// What the controller holds and does: a tick's way from sensors to a checked command
/// (controller.cpp), what is watched in it (checks.cpp), what each phase does (phases.cpp).
struct Controller::Impl {
  Impl(const RobotDescription& description, const ControlOptions& options,
       std::shared_ptr<StateEstimator> estimator, std::shared_ptr<WholeBodyController> wbc);

  void step(const SensorSample& sensors, const TrueState* truth);
  void take_in(const SensorSample& sensors);
  bool estimate();
  void gather_facts(const TrueState* truth);
  void predict();
  void watch();
  void judge_sensors();
  void judge_state();
  void check_command();

  /// What may be tuned of the options, and of the tasks that the stack has now (tuning.cpp).
  void list_parameters();
  void list_tasks();

  void run_phase();
  void passive();
  void begin_righting();
  void part_legs();
  void begin_turn();
  const RightingMotion& motion_for(const Eigen::Vector3d& down) const;
  void righting();
  void begin_stand_up();
  void fold_legs(const Eigen::Ref<const Eigen::VectorXd>& from);
  void stand_up();
  void stand();
  void walk();
  void sit();
  void rest();
  void rise();
  void catch_fall();
  void give_up_planning(Reason reason);
  void track();
  bool wants_to_walk() const;

  const RobotDescription description;
  ControlOptions options;  ///< `parameters` may change some, between ticks
  std::shared_ptr<StateEstimator> estimator;
  std::shared_ptr<WholeBodyController> wbc;
  EstimatorOptions estimator_options;
  Stack tuned_stack;  ///< whose tasks are among the parameters
  Parameters parameters;
  std::unique_ptr<Walker> walker;  ///< none if no gait walks
  PhaseMachine machine;
  Safety safety;
  ContactSwitch contact_switch;
  PostureOffset posture;
  JointCommands joint_commands;
  JointMotion fold;
  FixedContactMotion motion;

  const double lying_height;  ///< of the base over the ground when it lies on its contacts, m

  VelocityCommand command;
  PostureCommand posture_command;
  int gait;
  bool wants_to_stand = false, wants_to_damp = false;

  SensorSample sample;  ///< every field sized; what was not measured is NaN
  Eigen::VectorXd last_torque;
  Eigen::VectorXd joint_speed;  ///< rad/s, smoothed
  Eigen::VectorXd q, v;
  DelayPredictor predictor;
  Eigen::VectorXd acting_q, acting_v;  ///< the state in which this tick's command begins to act,
  double acting_time = 0.0;            ///< and when: what is tracked is tracked there
  bool tracked = false;                ///< the whole-body controller made this tick's command
  double time = 0.0, start_time = NAN, last_time = NAN;
  double finite_time = NAN, healthy_time = NAN;  ///< s, when the sensors last were
  double plan_again = -INFINITY;                 ///< s, before which walking is not tried again
  bool catching = false;                         ///< feet that were in the air look for the ground
  Facts facts;
  // Of righting:
  const std::vector<RightingPosture>* turning = nullptr;  ///< null while the legs are folded
  std::size_t next_posture = 0;                           ///< that it moves to
  int attempts = 0;                                       ///< since it was asked to stand
  bool tipped = false;    ///< folding its legs tilted it too far the last time
  bool turned = false;    ///< it has gone through the postures in this phase
  bool parting = false;   ///< legs that hold each other move apart,
  bool parted = false;    ///< and have done so since they were first folded in this attempt
  bool measured = false;  ///< it lies still, and the estimate began anew
  Eigen::Vector2d lying_place = Eigen::Vector2d::Zero();  ///< m, where it began
  bool folding = false, has_reference = false, has_torque = false, has_hold = false;
  Reference reference;
  WholeBodyController::Contacts contacts;  ///< of the reference: as planned
  WholeBodyController::Contacts carrying;  ///< as the whole-body controller takes them
  Eigen::VectorXd hold, still;
  JointCommand joint_command;
  ControlTimings timings;
  long wbc_failures = 0;
  int wbc_failures_in_row = 0;
};

}  // namespace surefoot
