#pragma once
#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "surefoot/robot_description.hpp"

namespace surefoot {

namespace mpc {
struct Interval;
struct OcpQp;
struct OcpQpSolution;
}  // namespace mpc

/// A periodic contact pattern; offsets (by contact) are phases at which stance begins.
struct NmpcGait {
  std::string name;
  double period = 1.0, duty = 1.0, swing_height = 0.0, shift_time = 0.0;
  std::vector<double> offset;
};

/// What of the NMPC may be changed from solve to solve: weights of the cost, gains of its
/// references.
struct SUREFOOT_API NmpcWeights {
  Eigen::Vector3d momentum_linear, momentum_angular, base_position, base_orientation;
  double joint_position = 0.0, force = 0.0, moment = 0.0, foot_velocity = 0.0, foot_turn = 0.0;
  double joint_velocity = 0.0, foothold = 0.0, terminal = 0.0;
  double barrier_weight = 0.0;  ///< of soft friction
  /// Of the soft joint limits; zero where the NMPC is made leaves one out for good.
  double joint_position_limit = 0.0, joint_velocity_limit = 0.0, joint_torque_limit = 0.0;
  double swing_position_gain = 0.0, capture_gain = 0.0;

  bool operator==(const NmpcWeights& other) const;
};

/// Weights and options of the NMPC; the robot file gives every one of them.
struct NmpcOptions : NmpcWeights {
  double horizon = 0.0;  ///< s
  int nodes = 0;
  std::vector<int> joints;                  ///< that the NMPC moves, ascending
  Eigen::VectorXd posture;                  ///< (nj) of the whole robot
  double height = 0.0;                      ///< of the base while standing, m
  double force_min = 0.0, force_max = 0.0;  ///< N
  bool soft_friction = false;               ///< friction as a cost, in place of inequalities
  double barrier_relaxation = 1.0, barrier_smoothing = 1.0;  ///< N
  /// Share of a joint's range before its limits in which the soft limits act already.
  double limit_margin = 0.0;
  double aim_margin = 0.0;
  /// Ground: see GroundOptions; share of its slope that the base's tilt follows.
  double slope_span = 0.0, slope_time = 1.0, slope_limit = 0.0, slope_share = 0.0;
  /// Touch-downs corrected by measured contact, see ContactCorrection; a foot that seeks the ground
  /// goes down at `late_speed` m/s, reached in `late_ramp` s.
  double early_touch = 1.0, late_grace = 0.0, late_limit = 0.0, late_step = 0.0, late_speed = 0.0;
  double late_ramp = 1.0, touching_probability = 1.0, missing_probability = 0.0;
  double gain_horizon = 0.0;  ///< s, of the gains that every solve computes
  double lead_position = 0.0, lead_yaw = 0.0, settle_rate = 0.0;
  int iterations = 0;
  double tolerance = 0.0, singular_tolerance = 0.0;
  double time_limit = 0.0;   ///< s of CPU time after which a solve iterates no more; 0: none
  int step_halvings = 0;     ///< of the line search, at most
  int first_iterations = 1;  ///< of a solve without a plan to fall back to, at most
  /// What a solve's result must keep to become the plan: relative residuals of dynamics and
  /// equalities, violated force limits over weight, joints beyond their limits (rad or m).
  double plan_dynamics = 0.0, plan_equality = 0.0, plan_force = 0.0, plan_joint_margin = 0.0;
  std::vector<NmpcGait> gaits;
};

enum class SolveStatus { kSolved, kIterationLimit, kTimeLimit, kFailed };

/// States, inputs and gains over the horizon; shapes as in surefoot.data.Plan.
struct NmpcPlan {
  std::vector<double> times, states, inputs, gains;
  std::vector<char> contacts;
  SolveStatus status = SolveStatus::kFailed;
  double stationarity = 0.0, dynamics = 0.0, equality = 0.0, inequality = 0.0,
         complementarity = 0.0;
  int iterations = 0, age_solves = 0;
  double age = 0.0;   ///< s, of a plan whose successors failed
  int damped = 0;     ///< directions near a singularity of the contacts, over all intervals
  double step = 0.0;  ///< length of the step that the line search took, 1 as a rule
  /// Thread CPU time, s; feedback is what comes after the state is known.
  double solve_time = 0.0, linearize_time = 0.0, projection_time = 0.0, qp_time = 0.0,
         feedback_time = 0.0;
  long allocations = 0;  ///< on the heap, by the solve
};

/// The plan at one instant; shapes as in surefoot.data.PlanSample.
struct NmpcSample {
  Eigen::Vector3d base_position;
  Eigen::Vector4d base_orientation;
  Eigen::Matrix<double, 6, 1> base_velocity, base_acceleration;
  Eigen::VectorXd joint_position, joint_velocity;
  std::vector<char> contacts;
  Eigen::Matrix<double, Eigen::Dynamic, 6, Eigen::RowMajor> forces;
  Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor> contact_position, contact_velocity,
      contact_acceleration, contact_normal;
  Eigen::Matrix<double, Eigen::Dynamic, 4, Eigen::RowMajor> contact_orientation;
};

/// A plan with all that is needed to evaluate it, to be handed from the thread that solves to the
/// one that controls. Made for one `CentroidalNmpc` and its equals.
class SUREFOOT_API NmpcSnapshot {
 public:
  NmpcSnapshot(NmpcSnapshot&&) noexcept;
  NmpcSnapshot& operator=(NmpcSnapshot&&) noexcept;
  ~NmpcSnapshot();
  const NmpcPlan& plan() const;

 private:
  friend class CentroidalNmpc;
  struct Data;
  explicit NmpcSnapshot(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

/// Nonlinear model-predictive control on full centroidal dynamics: multiple shooting, Gauss-Newton
/// SQP real-time iteration, per-node projection of the equalities, Riccati interior point.
class SUREFOOT_API CentroidalNmpc {
 public:
  CentroidalNmpc(const RobotDescription& description, const NmpcOptions& options);
  ~CentroidalNmpc();

  int state_size() const;
  int tangent_size() const;
  int input_size() const;

  /// Velocity in the heading frame: m/s, m/s, rad/s.
  void set_command(double vx, double vy, double yaw_rate);
  /// Index into options.gaits; takes effect at the next solve.
  void set_gait(int gait);
  int gait() const;
  /// Takes effect at the next solve; allocates nothing.
  void set_weights(const NmpcWeights& weights);

  /// What is measured of a contact: an early touch-down ends its swing at once, a late one makes
  /// the foot seek the ground below for a while. Every other contact stays as planned.
  void correct_contact(int contact, double time, bool touching);
  /// The same by probabilities of contact (nc); those between the options' bounds say nothing.
  void correct_contacts(double time, const Eigen::VectorXd& probabilities);
  /// Ground under each contact's next foothold, known to the caller: height (m, world) and unit
  /// normal; in place of the plane through the last footholds.
  void set_terrain(const Eigen::VectorXd& heights, const Eigen::MatrixX3d& normals);
  void clear_terrain();
  /// Estimated ground under the standing feet, and its normal.
  Eigen::Vector3d ground_point() const;
  Eigen::Vector3d ground_normal() const;

  /// Forgets the plan: standing at this state. q (nq), v (nv).
  void reset(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  /// One real-time iteration; the result is `plan()`.
  void solve(double time, const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  /// The two phases of a solve: all that needs no state, about the plan's prediction for `time`;
  /// then what the state changes. To be called after a first `solve`.
  void prepare(double time);
  bool prepared() const;
  void feedback(const Eigen::VectorXd& q, const Eigen::VectorXd& v);
  /// One iteration on a problem of the caller's own, `options.nodes` intervals from state x
  /// (as in the plan's states). `sample` knows nothing of its feet.
  void solve_problem(const std::vector<mpc::Interval>& intervals,
                     const std::vector<double>& terminal_reference, const std::vector<double>& x);
  const NmpcPlan& plan() const;
  /// Fills in the plan's gains beyond the gain horizon; to be called before the next solve.
  void compute_gains();
  /// The quadratic program of the last solve and its solution, for tests and benchmarks.
  const std::vector<mpc::Interval>& intervals() const;
  const std::vector<double>& terminal_reference() const;
  const mpc::OcpQp& quadratic_program() const;
  const mpc::OcpQpSolution& quadratic_solution() const;
  NmpcSample make_sample() const;
  /// The newest plan at `time`; with q and v, inputs are fed back about the state. `momentum` of
  /// that state (linear, angular about the centre of mass; world axes), where known, need not be
  /// computed if no joint is frozen.
  void sample(double time, const Eigen::VectorXd* q, const Eigen::VectorXd* v, NmpcSample& sample,
              const Eigen::Matrix<double, 6, 1>* momentum = nullptr) const;

  NmpcSnapshot make_snapshot() const;
  /// Copies the newest plan out.
  void save(NmpcSnapshot& snapshot) const;
  /// Takes a plan of an equal NMPC for `sample`; the snapshot gets the old one. Allocates nothing.
  void load(NmpcSnapshot& snapshot);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace surefoot
