#pragma once
#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "surefoot/estimation/contact_estimator.hpp"
#include "surefoot/estimation/contact_kinematics.hpp"
#include "surefoot/estimation/encoder_watch.hpp"
#include "surefoot/estimation/momentum_observer.hpp"
#include "surefoot/estimation/options.hpp"
#include "surefoot/estimation/pose_history.hpp"
#include "surefoot/estimation/rest_motion.hpp"
#include "surefoot/estimation/sample_clock.hpp"
#include "surefoot/estimation/terrain_memory.hpp"

namespace surefoot {

/// One sample of the robot's sensors; an optional field is empty or, where fixed, NaN. Joint
/// velocities that are NaN are made from the positions.
struct SensorSample {
  double time = 0.0;
  Eigen::Vector3d gyro = Eigen::Vector3d::Zero(), accelerometer = Eigen::Vector3d::Zero();
  Eigen::VectorXd joint_position, joint_velocity;
  Eigen::VectorXd joint_torque, foot_force, planned_contact;     ///< size 0: not given
  Eigen::Vector4d orientation = Eigen::Vector4d::Constant(NAN);  ///< xyzw
};

enum class EstimatorStatus { kInitializing, kOk, kDegraded };

/// Motion of the IMU in the world: what the filters behind `StateEstimator` estimate.
struct ImuState {
  Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();
  Eigen::Vector3d velocity = Eigen::Vector3d::Zero();  ///< world
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  ///< world
  Eigen::Vector3d gyro_bias = Eigen::Vector3d::Zero();
  Eigen::Vector3d accelerometer_bias = Eigen::Vector3d::Zero();
};

/// Sensors in, base state out: what the filters share. Checks samples, runs the leg kinematics,
/// decides on contacts, initialises at rest and converts from the IMU to the base. A filter
/// implements the protected functions. Nothing allocates after construction.
class SUREFOOT_API StateEstimator {
 public:
  StateEstimator(const RobotDescription& description, const ContactKinematics& kinematics,
                 const EstimatorOptions& options);
  virtual ~StateEstimator() = default;

  /// Begins anew at a robot at rest. A NaN base height means: the lowest contact is on the ground,
  /// z = 0 there. Throws std::invalid_argument if the sample is not finite.
  void reset(const SensorSample& sample, double base_height, double yaw, double x, double y);
  /// Likewise without throwing: says what is wrong, or null.
  const char* start(const SensorSample& sample, double base_height, double yaw, double x, double y);
  bool begun() const { return begun_; }
  const EstimatorOptions& options() const { return options_; }
  /// Other noises, slip limits and contact weights from the next tick on. What else there is in the
  /// options was taken when the estimator was made.
  virtual void set_options(const EstimatorOptions& options);
  /// One tick. The sample's sizes must fit the robot; its values may be anything. A sample older
  /// than the state is refused: the state stays and is degraded (see `SampleClock`).
  void update(const SensorSample& sample);

  /// While a robot lies on its side or back or rolls over no foot stands, whatever its sensors say:
  /// the attitude comes from the gyro alone, and `start` begins anew once it lies still.
  void lies_on_body(bool lies) { on_body_ = lies; }
  /// s for which gyro and accelerometer have shown rest.
  double rest_time() const { return rest_time_; }

  /// Takes in the base's pose in the world from outside (motion capture, visual odometry), as it
  /// was at `time`, with standard deviations per axis (m, rad; an infinite one leaves its part
  /// out). Returns false, and does nothing, if the time is later than the state's or further back
  /// than remembered, or a value is not finite.
  bool fuse_pose(double time, const Eigen::Vector3d& position, const Eigen::Matrix3d& rotation,
                 double position_noise, double rotation_noise);

  int nj() const { return kinematics_.nj(); }
  int nc() const { return kinematics_.nc(); }
  double time() const { return clock_.time(); }
  const Eigen::VectorXd& q() const { return q_; }
  const Eigen::VectorXd& v() const { return v_; }
  const ContactEstimator& contacts() const { return contacts_; }
  EstimatorStatus status() const { return status_; }
  const ImuState& imu() const { return imu_; }
  virtual const Eigen::MatrixXd& covariance() const = 0;
  /// Standard deviation of the velocity that the filter claims, m/s.
  double velocity_deviation() const { return std::sqrt(velocity_variance()); }
  /// Velocity of the point of a contact that touches the ground, world.
  Eigen::Vector3d foot_velocity(int i) const {
    return imu_.velocity + imu_.rotation * contact_velocity(i) - rolling_velocity(i);
  }
  /// (3 nc) contact frame positions in the world, as the filter remembers them.
  virtual Eigen::Ref<const Eigen::VectorXd> footholds() const = 0;

 protected:
  /// Standard deviations at the end of the average at rest, by the motion during it, too.
  struct InitialDoubt {
    double velocity, tilt, gyro_bias;  ///< m/s, rad (beside the accelerometer bias's), rad/s
  };
  InitialDoubt initial_doubt() const;
  /// Starts the filter from imu_ (called at every tick of the initialisation).
  virtual void initialize() = 0;
  virtual void predict(double dt) = 0;
  virtual void correct(double dt) = 0;
  /// The base was estimated at `position`; it was measured `position_error` and `rotation_error`
  /// (rotation vector, world) away from its estimate.
  virtual void correct_pose(const Eigen::Vector3d& position, const Eigen::Vector3d& position_error,
                            const Eigen::Vector3d& rotation_error, double position_noise,
                            double rotation_noise) = 0;

  virtual double velocity_variance() const = 0;  ///< m^2/s^2, sum over the axes
  virtual double height_variance() const = 0;    ///< m^2

  /// Velocity of a contact frame relative to a fixed IMU origin, IMU axes.
  Eigen::Vector3d contact_velocity(int i) const;
  /// World velocity that rolling gives the centre of a contact's sphere.
  Eigen::Vector3d rolling_velocity(int i) const;
  /// Covariance of that velocity by the doubt about the ground's normal.
  Eigen::Matrix3d rolling_noise(int i) const;
  Eigen::Vector3d spin(int i) const;  ///< angular velocity of contact i's link, world
  Eigen::Vector3d angular_velocity() const { return gyro_ - imu_.gyro_bias; }

  EstimatorOptions options_;
  ContactKinematics kinematics_;
  ContactEstimator contacts_;
  ImuState imu_;
  Eigen::Vector3d gyro_ = Eigen::Vector3d::Zero(), accelerometer_ = Eigen::Vector3d::Zero();
  Eigen::Vector3d step_gyro_ = Eigen::Vector3d::Zero();  ///< mean over the latest step
  Eigen::Vector4d orientation_ = Eigen::Vector4d::Constant(NAN);
  bool gyro_valid_ = true, accelerometer_valid_ = true, joints_valid_ = true;
  double velocity_noise_ = 0.0;  ///< rad/s, of the joint velocities now in use
  bool at_rest_ = false;         ///< no contact, yet not moving: lying on its body
  std::vector<double> radius_;   ///< of each contact's sphere
  MomentumObserver momentum_;
  TerrainMemory terrain_;
  std::vector<bool> surface_;
  std::vector<bool> standing_;  ///< in contact, with joints that can be trusted
  std::vector<bool> landed_;    ///< began to stand at this tick
  std::vector<bool> anchored_;  ///< landed on ground whose height `terrain_` knows

 private:
  void read_imu(const SensorSample& sample, double dt);
  void read_joints(const SensorSample& sample, double dt);
  void assume_no_motion();
  bool healthy() const;
  void begin_rest();
  void average_rest();
  void judge_contacts(const SensorSample& sample, double dt);
  void decide_standing(bool gap);
  void remember_terrain();
  void observe_momentum(const SensorSample& sample, double dt);
  double foot_height(int contact) const;
  bool encoders_work(int i) const;  ///< of every joint between the base and contact i
  bool quiet() const;
  void refresh_pose();
  void output();

  double started_ = 0.0, rest_time_ = 0.0, stale_time_ = 0.0;
  double yaw_ = 0.0, base_height_ = 0.0, x_ = 0.0, y_ = 0.0;
  int rest_samples_ = 0;
  bool velocities_complete_ = true, begun_ = false, on_body_ = false;
  Eigen::Vector3d mean_gyro_, mean_accelerometer_;
  Eigen::Vector3d last_gyro_, last_accelerometer_;  ///< as given
  Eigen::VectorXd joint_position_, joint_velocity_, smooth_position_, q_, v_;
  RestMotion rest_motion_;
  SampleClock clock_;
  EncoderWatch encoders_;
  PoseHistory history_;
  EstimatorStatus status_ = EstimatorStatus::kInitializing;
};

}  // namespace surefoot
