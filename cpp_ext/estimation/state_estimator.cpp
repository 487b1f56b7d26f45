#include "surefoot/estimation/state_estimator.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "estimation/so3.hpp"

namespace surefoot {
namespace {

constexpr double kGravity = 9.81;

}  // namespace

StateEstimator::StateEstimator(const RobotDescription& description,
                               const ContactKinematics& kinematics, const EstimatorOptions& options)
    : options_(options),
      kinematics_(kinematics),
      contacts_(kinematics.nc(), options.contact),
      momentum_(description, kinematics, options.contact.torque_time),
      terrain_(kinematics.nc(), options),
      standing_(static_cast<std::size_t>(kinematics.nc()), false),
      landed_(standing_),
      anchored_(standing_),
      joint_position_(Eigen::VectorXd::Zero(kinematics.nj())),
      joint_velocity_(Eigen::VectorXd::Zero(kinematics.nj())),
      smooth_position_(joint_position_),
      q_(Eigen::VectorXd::Zero(7 + kinematics.nj())),
      v_(Eigen::VectorXd::Zero(6 + kinematics.nj())),
      rest_motion_(kinematics.nc()),
      clock_(options.max_gap, options.clock_patience),
      encoders_(kinematics.nj(), options.max_gap, options.stuck_motion) {
  for (const auto& contact : description.contacts) {
    const bool surface = contact.kind == ContactKind::kSurface;
    surface_.push_back(surface);
    radius_.push_back(surface ? 0.0 : contact.radius);
  }
}

void StateEstimator::set_options(const EstimatorOptions& options) {
  options_ = options;
  contacts_.set_options(options.contact);
}

void StateEstimator::read_imu(const SensorSample& sample, double dt) {
  const auto inside = [](const Eigen::Vector3d& value, double limit) {
    return value.allFinite() && value.cwiseAbs().maxCoeff() < limit;
  };
  gyro_valid_ = inside(sample.gyro, options_.gyro_limit);
  accelerometer_valid_ = inside(sample.accelerometer, options_.accelerometer_limit);
  // A driver that repeats its last sample has fallen silent; one that is merely slower has not.
  const bool repeated = sample.gyro == last_gyro_ && sample.accelerometer == last_accelerometer_;
  last_gyro_ = sample.gyro;
  last_accelerometer_ = sample.accelerometer;
  const bool failing = repeated || !gyro_valid_ || !accelerometer_valid_;
  stale_time_ = failing ? stale_time_ + dt : 0.0;
  if (stale_time_ > options_.max_gap && !at_rest_ && gyro_.norm() > 0.0)
    gyro_valid_ = accelerometer_valid_ = false;
  const Eigen::Vector3d begin = gyro_;
  if (gyro_valid_) gyro_ = sample.gyro;
  if (accelerometer_valid_) accelerometer_ = sample.accelerometer;
  // For a moment the last good sample is the best guess.
  if ((!gyro_valid_ || !accelerometer_valid_) && stale_time_ > options_.max_gap) assume_no_motion();
  // A gyro tells the rate at an instant, an accelerometer the mean over the step (it is filtered
  // against vibration): the trapezoidal rule for the one, the sample for the other.
  step_gyro_ = dt > 0.0 && gyro_valid_ ? Eigen::Vector3d(0.5 * (begin + gyro_)) : gyro_;
  orientation_ = sample.orientation;
  if (!orientation_.allFinite() || !(std::abs(orientation_.norm() - 1.0) < 0.1))
    orientation_.setConstant(NAN);
  else
    orientation_.normalize();
}

void StateEstimator::assume_no_motion() {
  if (!gyro_valid_) gyro_ = imu_.gyro_bias;
  if (!accelerometer_valid_)
    accelerometer_ = imu_.rotation.row(2).transpose() * kGravity + imu_.accelerometer_bias;
}

void StateEstimator::read_joints(const SensorSample& sample, double dt) {
  joints_valid_ = sample.joint_position.allFinite();
  if (!joints_valid_) return;  // the last good sample is held
  encoders_.update(sample.joint_position, sample.joint_velocity, dt);
  int missing = 0;
  // Critically damped alpha-beta filter: smooth, and without lag at constant velocity.
  const double decay = std::exp(-dt / options_.velocity_time);
  const double alpha = 1.0 - decay * decay, beta = (1.0 - decay) * (1.0 - decay);
  for (int j = 0; j < nj(); ++j) {
    const double given = sample.joint_velocity[j];
    const double error = sample.joint_position[j] - (smooth_position_[j] + joint_velocity_[j] * dt);
    const bool fresh = !(dt > 0.0) || dt > options_.max_gap;
    smooth_position_[j] =
        fresh ? sample.joint_position[j] : sample.joint_position[j] - (1.0 - alpha) * error;
    if (std::isfinite(given)) {
      joint_velocity_[j] = given;
      continue;
    }
    ++missing;
    if (!fresh)
      joint_velocity_[j] += beta / dt * error;
    else if (!(dt > 0.0))
      joint_velocity_[j] = 0.0;
  }
  velocities_complete_ = missing == 0 || missing == nj();
  velocity_noise_ = missing == 0 ? options_.joint_velocity_noise
                                 : std::max(options_.joint_velocity_noise,
                                            options_.joint_position_noise / options_.velocity_time);
  joint_position_ = sample.joint_position;
  kinematics_.update(joint_position_, joint_velocity_);
}

bool StateEstimator::healthy() const {
  return gyro_valid_ && accelerometer_valid_ && joints_valid_ && velocities_complete_ &&
         !encoders_.any_stuck();
}

bool StateEstimator::encoders_work(int i) const {
  const auto& joints = kinematics_.contact(i).joints;
  return std::none_of(joints.begin(), joints.end(), [this](int j) { return encoders_.stuck(j); });
}

bool StateEstimator::fuse_pose(double time, const Eigen::Vector3d& position,
                               const Eigen::Matrix3d& rotation, double position_noise,
                               double rotation_noise) {
  if (!position.allFinite() || !rotation.allFinite() || !(position_noise > 0.0) ||
      !(rotation_noise > 0.0) || !(time <= clock_.time()))
    return false;
  const PoseHistory::Pose* past = history_.at(time);
  if (past == nullptr) return false;
  const ImuState before = imu_;
  correct_pose(past->position, position - past->position,
               so3_log(rotation * past->rotation.transpose()), position_noise, rotation_noise);
  // The past moves along, or the next late pose would find the same error once more.
  const Eigen::Matrix3d turn = imu_.rotation * before.rotation.transpose();
  history_.move(turn, imu_.position - turn * before.position);
  refresh_pose();
  return true;
}

void StateEstimator::update(const SensorSample& sample) {
  const double passed = clock_.advance(sample.time);
  if (!(passed > 0.0)) {  // the state stays
    if (status_ != EstimatorStatus::kInitializing) status_ = EstimatorStatus::kDegraded;
    return;
  }
  const double dt = std::min(passed, options_.max_silence);
  if (clock_.set_back()) {
    history_.clear();
    if (status_ == EstimatorStatus::kInitializing) begin_rest();
  }
  read_imu(sample, dt);
  read_joints(sample, dt);
  if (status_ == EstimatorStatus::kInitializing && healthy()) {
    // A gyro bias taken from a robot that moves would be worse than none: motion starts the
    // averaging anew.
    const bool moves = !quiet() || gyro_.norm() > options_.rest_gyro;
    if (moves || time() - started_ < options_.initialization_time) {
      if (moves) begin_rest();
      average_rest();
      judge_contacts(sample, dt);
      output();
      return;
    }
    status_ = EstimatorStatus::kOk;
  }
  const bool gap = dt > options_.max_gap || clock_.set_back();
  if (gap) {  // the IMU's sample says nothing of most of the step
    gyro_valid_ = accelerometer_valid_ = false;
    assume_no_motion();
    step_gyro_ = gyro_;
  }
  // Noise enters at the beginning of a step, which is right only for a short one.
  const int pieces = static_cast<int>(std::ceil(dt / options_.max_gap));
  for (int k = 0; k < pieces; ++k) predict(dt / pieces);
  if (gap) terrain_.forget();
  judge_contacts(sample, dt);
  decide_standing(gap);
  remember_terrain();
  rest_time_ = quiet() && gyro_valid_ && accelerometer_valid_ ? rest_time_ + dt : 0.0;
  at_rest_ = (on_body_ || contacts_.count() == 0) && rest_time_ > options_.initialization_time;
  correct(dt);
  if (status_ != EstimatorStatus::kInitializing)
    status_ = healthy() ? EstimatorStatus::kOk : EstimatorStatus::kDegraded;
  output();
}

void StateEstimator::refresh_pose() {
  const RelativeFrame& base = kinematics_.base();
  const Eigen::Matrix3d to_base = base.rotation.transpose();
  const Eigen::Vector3d omega = angular_velocity();
  q_.head<3>() = imu_.position + imu_.rotation * base.position;
  q_.segment<4>(3) = Eigen::Quaterniond(imu_.rotation * base.rotation).normalized().coeffs();
  v_.head<3>() = to_base * (imu_.rotation.transpose() * imu_.velocity + omega.cross(base.position) +
                            base.velocity);
  v_.segment<3>(3) = to_base * (omega + base.angular_velocity);
}

void StateEstimator::output() {
  refresh_pose();
  q_.tail(nj()) = joint_position_;
  v_.tail(nj()) = joint_velocity_;
  history_.remember(time(), q_.head<3>(), imu_.rotation * kinematics_.base().rotation);
}

}  // namespace surefoot
