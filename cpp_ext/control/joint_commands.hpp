#pragma once
#include "surefoot/control/commands.hpp"
#include "surefoot/control/options.hpp"
#include "surefoot/wbc/whole_body_controller.hpp"

namespace surefoot {

/// Joint commands from what a phase wants.
class JointCommands {
 public:
  JointCommands(const RobotDescription& description, const ControlOptions& options);

  /// Only damps the joints: the last safe reaction, needs no solver and no state.
  void damp(JointCommand& command) const;
  /// Holds or moves the joints by the motors' own PD loops.
  void hold(const Eigen::VectorXd& position, const Eigen::VectorXd& velocity,
            JointCommand& command) const;
  /// The whole-body controller's torque, with the motors' PD loops around the reference.
  void track(const Reference& reference, const WholeBodyController::Contacts& contacts,
             const Eigen::VectorXd& torque, JointCommand& command) const;
  void clip(JointCommand& command) const;  ///< everything into the joints' limits
  /// Whether a joint moves a contact: of a leg, neither neck nor arm.
  bool is_of_leg(Eigen::Index joint) const { return support_.col(joint).any(); }

 private:
  const ControlOptions& options_;
  Eigen::VectorXd effort_, speed_, lower_, upper_;
  Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic> support_;  ///< (nc, nj) joint is in the leg
};

}  // namespace surefoot
