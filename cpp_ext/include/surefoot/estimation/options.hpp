#pragma once
#include "surefoot/export.hpp"

namespace surefoot {

/// How contact is told from the signals; see `ContactEstimator`. Weights are log-odds.
struct SUREFOOT_API ContactOptions {
  double force_threshold = 0.0;    ///< N, normal force as likely with as without contact
  double force_limit = 0.0;        ///< most that a measured foot force may say
  double torque_limit = 0.0;       ///< most that joint torques may say
  double torque_time = 0.0;        ///< s, time constant of the momentum observer behind them
  double plan_weight = 0.0;        ///< what a certain plan says
  double still_weight = 0.0;       ///< what a foot that does not move says
  double speed = 0.0;              ///< m/s, foot speed that takes one unit back
  double height = 0.0;             ///< m, height above the terrain that takes one unit back
  double kinematic_limit = 0.0;    ///< most that a moving or high foot may say against
  double enter_probability = 0.0;  ///< hysteresis of the yes/no decision
  double leave_probability = 0.0;
};

/// Noise and tuning of the state estimators: the [estimator] table of the robot file.
struct SUREFOOT_API EstimatorOptions {
  double gyro_noise = 0.0;                ///< rad/s/sqrt(Hz)
  double accelerometer_noise = 0.0;       ///< m/s^2/sqrt(Hz)
  double gyro_bias_noise = 0.0;           ///< rad/s^2/sqrt(Hz)
  double accelerometer_bias_noise = 0.0;  ///< m/s^3/sqrt(Hz)
  double joint_position_noise = 0.0;      ///< rad, each sample
  double joint_velocity_noise = 0.0;      ///< rad/s, each sample
  double contact_noise = 0.0;             ///< m/s/sqrt(Hz), how far a standing foot wanders
  double contact_turn_noise = 0.0;      ///< rad/s/sqrt(Hz), how a standing sole rocks on its edges
  double contact_twist_noise = 0.0;     ///< rad/s/sqrt(Hz), how it turns about its normal
  double contact_velocity_noise = 0.0;  ///< m/s, each sample: velocity of a standing foot
  double settle_time = 0.0;             ///< s after touch-down until a foot has come to rest
  double terrain_noise = 0.0;           ///< m, of a foothold about its height, until learnt
  double terrain_step = 0.0;            ///< m, a larger change of height is a new level
  double terrain_slope = 0.0;           ///< a steeper ground has no levels
  double initialization_time = 0.0;     ///< s of rest that the first averages take
  double initial_tilt = 0.0;            ///< rad, standard deviation, by motion that passes for rest
  double initial_gyro_bias = 0.0;       ///< rad/s, standard deviation
  double initial_accelerometer_bias = 0.0;  ///< m/s^2, standard deviation
  double initial_height = 0.0;              ///< m, standard deviation
  double rest_gyro = 0.0;                   ///< rad/s, below it the body may be at rest
  double rest_accelerometer = 0.0;          ///< m/s^2, likewise, from gravity
  double slip_speed = 0.0;                  ///< m/s, a standing foot that moves faster slips
  double slip_displacement = 0.0;           ///< m, likewise, from where it stood
  double slip_time = 0.0;       ///< s, low-pass of that speed, and how long a slip is suspected
  double slip_patience = 0.0;   ///< s, a longer slip is taken for an error of the estimate
  double slip_factor = 0.0;     ///< by which a slip multiplies the contact's noise
  double max_gap = 0.0;         ///< s, a longer silence of a sensor counts as its failure
  double max_silence = 0.0;     ///< s, motion of a longer silence is not predicted
  double clock_patience = 0.0;  ///< s that samples stay older than the state until the clock counts
                                ///< as set back
  double gyro_limit = 0.0;      ///< rad/s, range of the gyro
  double accelerometer_limit = 0.0;         ///< m/s^2, range of the accelerometer
  double silent_gyro_noise = 0.0;           ///< rad/s/sqrt(Hz), motion unseen while the gyro fails
  double silent_accelerometer_noise = 0.0;  ///< m/s^2/sqrt(Hz), likewise
  double stuck_motion = 0.0;             ///< rad, motion that a stuck encoder's own velocity belies
  double velocity_time = 0.0;            ///< s, low-pass of joint velocities made from positions
  double acceleration_noise = 0.0;       ///< linear filter: m/s^2/sqrt(Hz), tilt error included
  double tilt_acceleration_noise = 0.0;  ///< attitude filter: m/s^2, of the kinematic acceleration
  double tilt_time = 0.0;                ///< attitude filter: s, window of that acceleration
  ContactOptions contact;
};

}  // namespace surefoot
