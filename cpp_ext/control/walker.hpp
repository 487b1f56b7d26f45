#pragma once
#include <memory>

#include "surefoot/control/options.hpp"
#include "surefoot/control/planner.hpp"
#include "surefoot/estimation/contact_estimator.hpp"
#include "surefoot/wbc/whole_body_controller.hpp"

namespace surefoot {

/// Walking: a velocity command and a gait become references from the NMPC's plan. Stops the gait
/// when the robot has come to rest.
class Walker {
 public:
  Walker(const RobotDescription& description, const ControlOptions& options,
         std::unique_ptr<Planner> planner);

  /// Starts walking from standing still, at rest.
  void begin(double time);
  /// One tick, at (q, v) where the robot has the momentum. `stopping`: keep stepping only until the
  /// robot has slowed down. Returns whether there is a plan to follow, in `reference` and
  /// `contacts`.
  bool step(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v,
            const Eigen::Matrix<double, 6, 1>& momentum, const ContactEstimator& measured,
            const VelocityCommand& command, int gait, bool stopping, Reference& reference,
            WholeBodyController::Contacts& contacts);
  /// Whether the robot stops and every contact has been down for a gait period.
  bool at_rest(double time) const;
  Planner& planner() { return *planner_; }
  const Planner& planner() const { return *planner_; }

 private:
  const ControlOptions& options_;
  std::unique_ptr<Planner> planner_;
  CommandRamp ramp_;
  PlanRequest request_;
  NmpcSample sample_;
  int stand_gait_, gait_;
  double last_time_ = 0.0, down_since_ = 0.0;
  Eigen::Vector2d mean_velocity_ = Eigen::Vector2d::Zero();  ///< base axes, m/s
};

/// Index of the first gait that keeps every contact on the ground, -1 if there is none.
int standing_gait(const NmpcOptions& options);

}  // namespace surefoot
