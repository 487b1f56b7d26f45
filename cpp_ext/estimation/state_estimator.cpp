#include "surefoot/estimation/state_estimator.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

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

const char* StateEstimator::start(const SensorSample& sample, double base_height, double yaw,
                                  double x, double y) {
  last_gyro_.setConstant(NAN);
  last_accelerometer_.setConstant(NAN);
  encoders_.reset();
  history_.clear();
  stale_time_ = 0.0;
  read_imu(sample, 0.0);
  read_joints(sample, 0.0);
  if (!gyro_valid_ || !accelerometer_valid_ || !joints_valid_ || !std::isfinite(sample.time))
    return "the first sensor sample is not finite or out of range";
  if (!(std::abs(accelerometer_.norm() - kGravity) < options_.rest_accelerometer) ||
      !(gyro_.norm() < options_.rest_gyro))
    return "the robot moves (gyro, accelerometer): start at rest";
  contacts_.reset();
  momentum_.reset();
  for (auto* flags : {&standing_, &landed_, &anchored_})
    std::fill(flags->begin(), flags->end(), false);
  clock_.start(sample.time);
  yaw_ = yaw, base_height_ = base_height, x_ = x, y_ = y;
  rest_time_ = 0.0;
  at_rest_ = true;
  begin_rest();
  status_ = EstimatorStatus::kInitializing;
  average_rest();
  judge_contacts(sample, 0.0);
  output();
  begun_ = true;
  return nullptr;
}

void StateEstimator::set_options(const EstimatorOptions& options) {
  options_ = options;
  contacts_.set_options(options.contact);
}

void StateEstimator::reset(const SensorSample& sample, double base_height, double yaw, double x,
                           double y) {
  if (const char* problem = start(sample, base_height, yaw, x, y))
    throw std::invalid_argument(problem);
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

bool StateEstimator::quiet() const {
  // A bias got wrong in a tumble must not keep a robot that lies still from being seen to.
  return std::min(angular_velocity().norm(), gyro_.norm()) < options_.rest_gyro &&
         std::abs(accelerometer_.norm() - kGravity) < options_.rest_accelerometer;
}

void StateEstimator::begin_rest() {
  started_ = time();
  rest_motion_.reset();
  rest_samples_ = 0;
  mean_gyro_.setZero();
  mean_accelerometer_.setZero();
}

void StateEstimator::average_rest() {
  ++rest_samples_;
  if (joints_valid_)
    rest_motion_.add(time() - started_, kinematics_, options_.joint_position_noise);
  mean_gyro_ += (gyro_ - mean_gyro_) / rest_samples_;
  mean_accelerometer_ += (accelerometer_ - mean_accelerometer_) / rest_samples_;
  const RelativeFrame& base = kinematics_.base();
  const Eigen::Vector3d up = base.rotation.transpose() * mean_accelerometer_.normalized();
  imu_ = ImuState{};
  imu_.rotation = rotation_from_up(up, yaw_) * base.rotation.transpose();
  imu_.gyro_bias = mean_gyro_;
  double lowest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < nc(); ++i)
    lowest =
        std::min(lowest, imu_.rotation.row(2).dot(kinematics_.contact(i).position) - radius_[i]);
  const Eigen::Vector3d to_base = imu_.rotation * base.position;
  double z = std::isfinite(base_height_) ? base_height_ - to_base.z() : -lowest;
  if (!std::isfinite(z)) z = -to_base.z();  // a robot without contacts
  imu_.position << x_ - to_base.x(), y_ - to_base.y(), z;
  terrain_.reset(std::isfinite(lowest) ? z + lowest : 0.0);
  initialize();
}

StateEstimator::InitialDoubt StateEstimator::initial_doubt() const {
  // What moved meanwhile may have been gained just then: an acceleration that passed for gravity.
  const double speed = rest_motion_.speed();
  return {std::hypot(options_.contact_velocity_noise, speed),
          std::hypot(options_.initial_tilt, speed / (kGravity * options_.initialization_time)),
          std::hypot(options_.initial_gyro_bias, rest_motion_.turn())};
}

Eigen::Vector3d StateEstimator::contact_velocity(int i) const {
  const RelativeFrame& contact = kinematics_.contact(i);
  return angular_velocity().cross(contact.position) + contact.velocity;
}

Eigen::Vector3d StateEstimator::spin(int i) const {
  return imu_.rotation * (angular_velocity() + kinematics_.contact(i).angular_velocity);
}

Eigen::Vector3d StateEstimator::rolling_velocity(int i) const {
  if (!(radius_[i] > 0.0)) return Eigen::Vector3d::Zero();
  return radius_[i] * spin(i).cross(terrain_.normal(i));
}

Eigen::Matrix3d StateEstimator::rolling_noise(int i) const {
  // The normal errs by a vector across itself.
  const Eigen::Vector3d turn = spin(i), along = turn.cross(terrain_.normal(i));
  const double scale = radius_[i] * terrain_.normal_deviation(i);
  return scale * scale *
         (turn.squaredNorm() * Eigen::Matrix3d::Identity() - turn * turn.transpose() -
          along * along.transpose());
}

void StateEstimator::observe_momentum(const SensorSample& sample, double dt) {
  if (sample.joint_torque.size() == 0 || !joints_valid_ || !gyro_valid_ || !accelerometer_valid_) {
    momentum_.reset();
    return;
  }
  const RelativeFrame& base = kinematics_.base();
  const Eigen::Matrix3d to_base = base.rotation.transpose();
  const Eigen::Vector3d omega = angular_velocity();
  FloatingBaseMotion motion;
  motion.angular_velocity = to_base * (omega + base.angular_velocity);
  motion.specific_force = to_base * (accelerometer_ - imu_.accelerometer_bias +
                                     omega.cross(omega.cross(base.position)));
  momentum_.update(kinematics_, motion, joint_velocity_, sample.joint_torque, dt);
}

void StateEstimator::judge_contacts(const SensorSample& sample, double dt) {
  observe_momentum(sample, dt);
  // What the filter is unsure of cannot speak against a contact: a lost filter must find its feet.
  const double unsure_speed = 2.0 * std::sqrt(velocity_variance());
  const double unsure_height = 2.0 * std::sqrt(height_variance());
  const Eigen::Vector3d up = (imu_.rotation * kinematics_.base().rotation).row(2);  // in base axes
  for (int i = 0; i < nc(); ++i) {
    ContactEvidence evidence{NAN, NAN, NAN, NAN, NAN};
    if (sample.planned_contact.size() > 0) evidence.plan = sample.planned_contact[i];
    if (sample.foot_force.size() > 0) evidence.measured_force = sample.foot_force[i];
    if (joints_valid_ && encoders_work(i)) {
      if (momentum_.ready()) evidence.torque_force = up.dot(momentum_.force(kinematics_, i));
      const Eigen::Vector3d velocity =
          imu_.velocity + imu_.rotation * contact_velocity(i) - rolling_velocity(i);
      evidence.speed = std::max(velocity.norm() - unsure_speed, 0.0);
      if (terrain_.touched(i))
        evidence.height = foot_height(i) - terrain_.height(i) - unsure_height;
    }
    contacts_.update(i, evidence, dt);
  }
}

void StateEstimator::decide_standing(bool gap) {
  for (int i = 0; i < nc(); ++i) {
    const bool stands = !on_body_ && contacts_[i].in_contact && joints_valid_ && encoders_work(i) &&
                        contacts_[i].duration >= options_.settle_time;
    landed_[i] = stands && (!standing_[i] || gap);  // after a gap nobody knows where it stood
    standing_[i] = stands;
  }
}

double StateEstimator::foot_height(int i) const {
  return imu_.position.z() + imu_.rotation.row(2).dot(kinematics_.contact(i).position) - radius_[i];
}

void StateEstimator::remember_terrain() {
  // Before any foot has stood, height is a guess: the lowest that lands is on the ground, and the
  // others are as much higher as they are above it. Were all of them put on it, a robot that
  // stands up on a slope would take the slope for its own tilt.
  int lowest = -1;
  for (int i = 0; i < nc(); ++i)
    if (landed_[i] && (lowest < 0 || foot_height(i) < foot_height(lowest))) lowest = i;
  double offset = 0.0;
  if (lowest >= 0 && !terrain_.touched() && std::isfinite(terrain_.height(lowest)))
    offset = terrain_.height(lowest) - foot_height(lowest);
  const auto land = [&](int i) {
    if (!landed_[i]) return;
    const Eigen::Vector3d foothold =
        imu_.position + imu_.rotation * kinematics_.contact(i).position;
    anchored_[i] = terrain_.land(i, foothold, foot_height(i) + offset);
  };
  if (lowest >= 0) land(lowest);
  for (int i = 0; i < nc(); ++i)
    if (i != lowest) land(i);
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
