#pragma once
#include <memory>

#include "surefoot/control/commands.hpp"
#include "surefoot/control/options.hpp"
#include "surefoot/control/parameters.hpp"
#include "surefoot/control/phase_machine.hpp"
#include "surefoot/control/planner.hpp"
#include "surefoot/control/posture.hpp"
#include "surefoot/control/safety.hpp"
#include "surefoot/estimation/state_estimator.hpp"
#include "surefoot/wbc/whole_body_controller.hpp"

namespace surefoot {

/// A state to use in place of the estimate (simulation only).
struct TrueState {
  Eigen::VectorXd q, v;
};

/// What the last tick cost, wall clock, and what it allocated on the heap.
struct ControlTimings {
  double step_us = 0.0, estimation_us = 0.0, wbc_us = 0.0;
  long allocations = 0;
};

/// Makes a robot stand up, stand, walk and sit down: one `step` is a whole control tick, from
/// sensors through estimation, plan, whole-body control and checks to a joint command. A tick
/// allocates nothing, takes no lock, throws nothing and does no input or output.
class SUREFOOT_API Controller {
 public:
  /// Throws std::invalid_argument if the options do not fit the robot.
  Controller(const RobotDescription& description, const ControlOptions& options,
             std::shared_ptr<StateEstimator> estimator, std::shared_ptr<WholeBodyController> wbc);
  ~Controller();

  // What the user wants; between ticks.
  void set_command(const VelocityCommand& command);
  void set_posture(const PostureCommand& command);  ///< followed while standing
  void set_gait(int gait);  ///< index into options.nmpc.gaits; throws std::out_of_range
  void stand();             ///< as soon as the guards of standing up allow it
  void sit();               ///< a walking robot stops first
  void damp();              ///< at once; `stand` leaves it
  bool wants_to_stand() const;
  bool wants_to_damp() const;

  /// Gains and weights by their names in the robot file, as they are now. Valid until the
  /// whole-body controller gets another stack.
  const Parameters& parameters();
  /// Changes one between ticks; takes effect in the next tick and the next solve. Throws
  /// std::invalid_argument, which names it and its range, and then changes nothing.
  void set_parameter(const std::string& name, const Eigen::Ref<const Eigen::VectorXd>& values);

  /// One tick. The sample's time must go forward and its sizes fit the robot (an optional field
  /// may be empty); its values may be anything. The command is always finite and within the
  /// limits of the joints.
  const JointCommand& step(const SensorSample& sensors, const TrueState* truth = nullptr);

  const RobotDescription& description() const;
  const PhaseMachine& machine() const;
  Phase phase() const { return machine().phase(); }
  bool estimating() const;  ///< whether there is a state yet
  const Eigen::VectorXd& q() const;
  const Eigen::VectorXd& v() const;
  double acting_time() const;          ///< s, when the last tick's command begins to act
  const Reference* reference() const;  ///< that the last tick tracked, or null before the first
  const WholeBodyController::Contacts& planned_contacts() const;
  const Safety& safety() const;      ///< what was watched, and the reactions
  long early_contacts() const;       ///< touch-downs before their time, so far
  long late_contacts() const;        ///< planned contacts that were missed, so far
  const SensorSample& seen() const;  ///< the last sample with what the estimator was told beside
  Planner* planner();                ///< null if no gait walks
  const Planner* planner() const;
  const ControlTimings& timings() const;
  long wbc_failures() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace surefoot
