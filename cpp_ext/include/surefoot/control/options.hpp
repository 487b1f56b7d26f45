#pragma once
#include <Eigen/Core>
#include <vector>

#include "surefoot/control/safety.hpp"
#include "surefoot/nmpc.hpp"

namespace surefoot {

/// How planned and measured contacts are reconciled.
struct ContactSwitchOptions {
  double late_time = 0.0;     ///< s that a planned contact may go unmeasured
  double early_time = 0.0;    ///< s that an unplanned contact must be measured
  double search_speed = 0.0;  ///< m/s, downwards, of a foot that misses its ground
  double search_depth = 0.0;  ///< m, below its planned place
};

/// A posture on the way from where a robot has fallen to its feet.
struct RightingPosture {
  double duration = 0.0;   ///< s, of the motion there
  Eigen::VectorXd joints;  ///< (nj), rad
};

/// The postures that a robot goes through when one of certain sides of it is down.
struct RightingMotion {
  std::vector<Eigen::Vector3d> down;  ///< unit vectors in base axes
  std::vector<RightingPosture> postures;
};

/// How a robot that has fallen gets upright, its legs folded before and after.
struct RightingOptions {
  int attempts = 0;                     ///< at most
  double patience = 0.0;                ///< s that it may take to lie still after each
  Eigen::VectorXd parting;              ///< (nj), rad, where no limb is in another's way
  std::vector<RightingMotion> motions;  ///< none: it cannot
};

/// The control loop: the [control] table of the robot file and the choices of one controller.
struct ControlOptions {
  double settle_time = 0.0;  ///< s at rest before standing up
  double fold_time = 0.0;    ///< s to bring the joints to the lying posture before rising, at least
  double fold_speed = 0.0;   ///< rad/s, fastest joint meanwhile
  double fold_beyond = 0.0;  ///< rad, a robot with a joint further from standing folds first
  double rise_time = 0.0;    ///< s from lying to standing
  double sit_time = 0.0;     ///< s from standing to lying
  double hold_kp = 0.0, hold_kd = 0.0, damping_kd = 0.0;  ///< motor gains, per N m of effort limit
  double joint_kp = 0.0, joint_kd = 0.0;                  ///< around the plan, N m/rad, N m s/rad
  double swing_joint_kp = 0.0, swing_joint_kd = 0.0;
  double linear_acceleration = 0.0, yaw_acceleration = 0.0;  ///< m/s^2, rad/s^2, of commands
  double stand_up_tilt_limit = 0.0;  ///< rad, beyond it a lying robot does not stand up
  double stand_up_speed = 0.0;       ///< m/s and rad/s, above it neither
  double rest_speed = 0.0;           ///< m/s, below it stepping may stop
  double height = 0.0;               ///< of the base while standing, m
  Eigen::VectorXd q_nominal, q_lying;
  double nmpc_rate = 0.0;          ///< Hz
  bool nmpc_thread = false;        ///< solve in a thread of its own, not in the tick
  double nmpc_latency = 0.0;       ///< s, of the plan when solved in the tick, to try it out
  int thread_priority = 0;         ///< of SCHED_FIFO; 0: as the creating thread
  int thread_cpu = -1;             ///< that it is bound to; -1: any
  double actuation_delay = 0.0;    ///< s, from a sample's time until its command acts
  double plan_patience = 0.0;      ///< s that walking waits for its first plan
  double posture_bandwidth = 0.0;  ///< rad/s
  double posture_speed = 0.0, posture_turn_speed = 0.0;  ///< m/s, rad/s
  double tuning_span = 1.0;  ///< factor by which `Parameters` may leave these options
  ContactSwitchOptions contacts;
  RightingOptions righting;
  SafetyOptions safety;
  NmpcOptions nmpc;            ///< its gaits may all be standing ones: then nothing walks
  bool step_in_place = false;  ///< keep stepping at zero command
  bool hold_at_start = false;  ///< hold the joints until asked to stand, else damp them
};

}  // namespace surefoot
