#pragma once
#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "surefoot/robot_description.hpp"
#include "surefoot/wbc/qp_backend.hpp"
#include "surefoot/wbc/task.hpp"
#include "surefoot/wbc/tick.hpp"

namespace surefoot {

enum class WbcMode { kWeighted, kStrict };

enum class WbcStatus {
  kSolved,   ///< every limit holds
  kRelaxed,  ///< limits gave way by `slack` (torque is clipped), or a task gave no rows
  kFailed    ///< nothing of this solve is used; the torque is the fallback
};

struct SUREFOOT_API WbcOptions {
  double force_min = 0.0;      ///< N, least normal force of a contact
  double force_max = 0.0;      ///< N, greatest
  double load_time = 0.0;      ///< s, over which a contact takes up force
  double unload_time = 0.0;    ///< s, over which it gives up force, still held in place
  double contact_kp = 0.0;     ///< 1/s^2, of contacts towards where they began
  double contact_kd = 0.0;     ///< 1/s, damping of contact motion
  double contact_range = 0.0;  ///< m, most that contact_kp acts on
  /// (nj,) rad/s, up to which a motor gives its full torque and at which it gives none; empty: full
  /// torque at all speeds. Taken when the controller is made.
  Eigen::VectorXd corner_velocity, no_load_velocity;
  double regularization = 0.0;  ///< of the unknowns, beside the tasks' weights
  bool check_kkt = false;       ///< fills WbcResult::kkt, which takes time
  double fallback_time = 0.0;   ///< s, over which the last good torque fades after a failure
  double fallback_kd = 0.0;     ///< N m s/rad, joint damping after a failure
};

/// One limit at its bound.
struct SUREFOOT_API ActiveLimit {
  enum class Kind { kContact, kTorque, kTask };
  Kind kind = Kind::kTorque;
  int index = 0;  ///< of the contact, the joint, or the task in WbcResult::names
  int row = 0;    ///< of a contact's friction (0: normal force) or of a task
  bool upper = true;
};

/// Wall-clock time of the parts of one tick, microseconds.
struct SUREFOOT_API WbcTimes {
  double model = 0.0, assembly = 0.0, factorisation = 0.0, qp = 0.0, total = 0.0;
};

/// What one control tick gave. Sizes never change.
struct SUREFOOT_API WbcResult {
  Eigen::VectorXd torque;                           ///< (nj,) N m, always finite, within limits
  Eigen::VectorXd acceleration;                     ///< (nv,) in v's axes
  Eigen::Matrix<double, 6, Eigen::Dynamic> forces;  ///< (6, nc) world axes, zero where free
  Eigen::VectorXd residuals;  ///< (number of tasks,) |A x - b|, NaN of one that failed
  WbcStatus status = WbcStatus::kFailed;
  std::shared_ptr<const std::vector<std::string>> names;  ///< of the tasks, as in residuals
  int iterations = 0;                                     ///< active-set changes
  std::vector<ActiveLimit> active;                        ///< limits at their bound
  double kkt = 0.0;               ///< relative optimality residual of the QPs, if checked
  double slack = 0.0;             ///< largest amount by which limits gave way
  double contact_residual = 0.0;  ///< m/s^2, contact motion that could not be prevented
  WbcTimes times;
};

/// Whole-body control by inverse dynamics: one QP (weighted) or one a level (strict) per tick in
/// the unknowns [dv, f]; torques follow from the actuated rows. Contacts, the unactuated
/// equations of motion and limits are hard. No call after construction and `set_stack` allocates
/// or throws.
class SUREFOOT_API WholeBodyController {
 public:
  using Contacts = Eigen::Array<bool, Eigen::Dynamic, 1>;

  WholeBodyController(const RobotDescription& description, const WbcOptions& options);
  ~WholeBodyController();
  WholeBodyController(WholeBodyController&&) noexcept;

  /// Tasks by priority, and inequality tasks that always hold, above the first level, as friction
  /// and torque limits do. Throws std::invalid_argument if a task does not fit the robot or a
  /// limit is not an inequality.
  void set_stack(Stack stack, TaskLevel limits = {});
  const Stack& stack() const;
  const RobotDescription& description() const;

  /// Solves the QPs with another solver, for comparison; null: the own one. Allocates in a tick.
  void set_backend(std::shared_ptr<QpBackend> backend);
  void reset();  ///< forgets the last tick: contacts carry at once, no torque to fade from

  /// Centroidal momentum (linear, angular; world axes) at a state of the right size. A tick at the
  /// same state does not compute its model's terms again.
  const Eigen::Matrix<double, 6, 1>& momentum(const Eigen::Ref<const Eigen::VectorXd>& q,
                                              const Eigen::Ref<const Eigen::VectorXd>& v);

  /// One tick. `contacts`: which carry force now. Never throws; read `result().status`.
  const WbcResult& solve(double time, const Eigen::Ref<const Eigen::VectorXd>& q,
                         const Eigen::Ref<const Eigen::VectorXd>& v, const Reference& reference,
                         const Eigen::Ref<const Contacts>& contacts);
  const WbcResult& result() const;

  WbcMode mode = WbcMode::kWeighted;
  WbcOptions options;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace surefoot
