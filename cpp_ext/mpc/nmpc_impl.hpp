#pragma once
#include "mpc/base_acceleration.hpp"
#include "mpc/foot_motion.hpp"
#include "mpc/gait_schedule.hpp"
#include "mpc/ground.hpp"
#include "mpc/interior_point.hpp"
#include "mpc/plan_check.hpp"
#include "mpc/references.hpp"
#include "mpc/transcription.hpp"
#include "mpc/warm_start.hpp"
#include "surefoot/nmpc.hpp"

namespace surefoot {

/// What the NMPC holds and does. Its functions are in five files by concept: the phases of a solve
/// (nmpc.cpp), feet and ground (nmpc_ground.cpp), what is asked (nmpc_problem.cpp), the iteration
/// (nmpc_iteration.cpp), what is answered (nmpc_sample.cpp).
struct CentroidalNmpc::Impl {
  Impl(const RobotDescription& description, const NmpcOptions& options);

  void allocate(NmpcPlan& plan) const;
  double* state(NmpcPlan& p, int k) const { return p.states.data() + k * layout.nstate; }
  double* input(NmpcPlan& p, int k) const { return p.inputs.data() + k * layout.nu; }

  /// State of the NMPC from the robot's q and v; leaves `terms`, where they are to be complete, at
  /// the measured posture.
  /// Pose and joint positions into a state.
  void place(const Eigen::VectorXd& q, double* x) const;
  void measure(const Eigen::VectorXd& q, const Eigen::VectorXd& v, mpc::TreeTerms& terms, double* x,
               bool complete = true) const;
  const mpc::TreeKinematics& transcription_tree() const { return transcription.dynamics().tree(); }

  void reset(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  void solve(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  void solve_problem(const std::vector<mpc::Interval>& intervals,
                     const std::vector<double>& terminal_reference, const std::vector<double>& x);
  void prepare(double time);
  void feedback(const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  void follow_gait(double time);
  /// Grid and references at `time` for the measured or predicted state in `measured`.
  void ask(double time);
  /// Guess and linearisation about it.
  void linearize();
  /// From the linearised problem to the plan.
  void conclude();
  void correct_contact(int contact, double time, bool touching);
  void estimate_ground(double time);
  void track_feet(double time);
  /// Height of a contact's frame that stands at this place.
  double standing_height(int contact, double x, double y) const;
  mpc::Vector3d ground_normal(int contact) const;
  void build_grid(double time);
  void build_references();
  void fill_reference(double time, double* x) const;
  /// Posture that keeps the contacts vertically under a base that is tilted with the ground.
  void lean_posture(double time);
  void reference_joint_velocities(mpc::Interval& interval);
  mpc::Vector3d foothold(int contact, const mpc::SwingInterval& swing) const;
  /// Position and linear velocity of the base by the last plan, without one by the reference.
  std::pair<mpc::Vector3d, mpc::Vector3d> planned_base(double time) const;
  void guess();
  void interpolate(const NmpcPlan& p, double time, double* x) const;
  int interval_at(const NmpcPlan& p, double time) const;
  /// Linearises about the states and inputs of `trial`.
  void linearize_trial();
  /// One step from there. False if it came to nothing.
  bool improve();
  mpc::InteriorPointResult solve_quadratic();
  /// Trial = base + this part of the quadratic program's step, with what it violates.
  mpc::Violations take_step(double length);
  void search();
  /// Cost of the states and inputs of a plan under what is asked.
  double cost(NmpcPlan& p);
  void accept();
  void reject();
  /// The solve began at this CPU time of the thread.
  void start_clock(double start);
  bool out_of_time() const;
  void compute_gains(double until);
  void aim_feet(double time);

  NmpcOptions options;
  RobotDescription reduced;
  Eigen::VectorXd posture, leaning_posture;
  mpc::Transcription transcription;
  const mpc::Layout& layout;
  mpc::OcpQp qp;
  mpc::OcpQpSolution solution;
  mpc::InteriorPoint interior_point;
  mpc::WarmStart warm_start;
  mpc::GaitSchedule schedule;
  mpc::BaseReference reference;
  mpc::BaseAcceleration base_acceleration;
  mpc::GroundEstimate ground;
  std::vector<mpc::FootMotion> feet;
  std::vector<mpc::Vector3d> stood;       ///< where each contact stands or stood last
  std::vector<mpc::Matrix3d> stood_axes;  ///< its axes there
  std::vector<double> terrain_height;     ///< by contact if the caller knows, else empty
  std::vector<mpc::Vector3d> terrain_normal;
  mpc::TreeTerms terms;
  std::vector<mpc::Gait> gaits;
  int gait = 0, active_gait = -1;
  mpc::Command command;
  std::vector<mpc::Interval> intervals;
  std::vector<double> terminal_reference;
  NmpcPlan plan, trial;
  NmpcPlan base;                    ///< states and inputs of the linearisation
  NmpcPlan rejected;                ///< result of the last solve if it did not become the plan
  const NmpcPlan* begin = nullptr;  ///< where the next guess comes from; null: the references
  mpc::Violations before;
  mpc::PlanLimits limits;
  std::vector<double> step;
  double deadline = 0.0;
  std::vector<double> base_velocity, trial_velocity;  ///< at nodes, linear and angular, world
  std::vector<double> measured, projected_gain, breaks, contact_velocity;
  std::vector<mpc::Vector3d> nominal_contact, nominal_forward;  ///< in the posture, base axes
  mpc::Matrix3d nominal_inertia;
  mpc::Vector3d nominal_com;
  double last_time = 0.0, ground_time = 0.0;
  bool ready = false, prepared = false;
  double prepare_time = 0.0;
  long prepare_allocations = 0;
  int gains_ready = 0;  ///< nodes of the plan whose gains are known
};

}  // namespace surefoot
