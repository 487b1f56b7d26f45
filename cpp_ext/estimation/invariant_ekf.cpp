#include "surefoot/estimation/invariant_ekf.hpp"

#include <cmath>
#include <limits>

#include "estimation/likely.hpp"
#include "estimation/so3.hpp"

namespace surefoot {
namespace {

constexpr double kGravity = 9.81;
constexpr double kKnown =
    1e-6;  // m and rad: where the world's origin and heading are by definition

// s that a foot stands. An error that lasts as long is no white noise: over a stance it does what
// white noise of the density (its variance times that time) does.
constexpr double kStance = 0.3;

double square(double x) { return x * x; }

}  // namespace

InvariantEkf::InvariantEkf(const RobotDescription& description, const ContactKinematics& kinematics,
                           const EstimatorOptions& options)
    : StateEstimator(description, kinematics, options),
      kernel_(surface_),
      roughness_(options.terrain_noise),
      stood_(static_cast<std::size_t>(kinematics.nc()), 0.0),
      slip_(static_cast<std::size_t>(kinematics.nc()), Slip{Eigen::Vector3d::Zero(), 0.0, 0.0}),
      contact_noise_(Eigen::VectorXd::Zero(kinematics.nc())),
      turn_noise_(contact_noise_),
      twist_noise_(contact_noise_) {
  for (const auto& contact : description.contacts) {
    const bool surface = contact.kind == ContactKind::kSurface;
    half_width_.push_back(surface ? contact.half_width : 0.0);
    reach_.push_back(surface ? std::hypot(contact.half_length, contact.half_width) : 0.0);
  }
}

void InvariantEkf::initialize() {
  kernel_.imu() = imu_;
  const InitialDoubt doubt = initial_doubt();
  auto& p = kernel_.covariance().matrix();
  p.setZero();
  // Gravity taken for granted at rest: the tilt error is the accelerometer bias's, so the two are
  // correlated, and motion that shows the one corrects the other.
  const double bias = square(options_.initial_accelerometer_bias);
  Eigen::Matrix3d rotation =
      Eigen::Vector3d(bias, bias, 0.0).asDiagonal().toDenseMatrix() / square(kGravity);
  rotation.diagonal().array() += square(kKnown);
  // What the body's own motion adds to the tilt is not the bias's.
  rotation.diagonal().head<2>().array() += square(doubt.tilt);
  const Eigen::Matrix3d rotation_bias =
      (bias / kGravity) * (skew(Eigen::Vector3d::UnitZ()) * imu_.rotation);
  // The position is known in the world, not in the turned frame of the invariant error.
  const Eigen::Matrix3d lever = skew(imu_.position);
  p.block<3, 3>(0, 0) = rotation;
  p.block<3, 3>(0, 12) = rotation_bias;
  p.block<3, 3>(6, 0) = lever * rotation;
  p.block<3, 3>(6, 12) = lever * rotation_bias;
  p.block<3, 3>(12, 0) = rotation_bias.transpose();
  p.block<3, 3>(0, 6) = p.block<3, 3>(6, 0).transpose();
  p.block<3, 3>(12, 6) = p.block<3, 3>(6, 12).transpose();
  p.block<3, 3>(6, 6) = lever * rotation * lever.transpose();
  p.diagonal().segment<2>(6).array() += square(kKnown);
  p(8, 8) += square(options_.initial_height);
  p.diagonal().segment<3>(3).setConstant(square(doubt.velocity));
  p.diagonal().segment<3>(9).setConstant(square(doubt.gyro_bias));
  p.diagonal().segment<3>(12).setConstant(bias + square(options_.accelerometer_noise) /
                                                     options_.initialization_time);
  for (int i = 0; i < nc(); ++i) {
    place(i);
    slip_[i] = {Eigen::Vector3d::Zero(), 0.0, 0.0};
  }
  kernel_.covariance().symmetrize();
  roughness_ = GroundRoughness(options_.terrain_noise);
}

double InvariantEkf::height_variance() const {
  // To first order: the rotation error swings the position about the world's origin.
  const Eigen::Vector3d lever(imu_.position.y(), -imu_.position.x(), 0.0);
  const auto& p = covariance();
  return p(8, 8) + 2.0 * lever.dot(p.block<3, 1>(0, 8)) +
         lever.dot(p.topLeftCorner<3, 3>() * lever);
}

void InvariantEkf::place(int i) {
  const RelativeFrame& frame = kinematics_.contact(i);
  kernel_.place(i, frame.position, frame.position_noise(options_.joint_position_noise),
                frame.rotation, frame.rotation_noise(options_.joint_position_noise));
}

double InvariantEkf::contact_weight(int i) const {
  const double doubt = 1.0 / std::max(contacts_[i].probability, 1e-3);
  return slipping(i) ? doubt * options_.slip_factor : doubt;
}

void InvariantEkf::predict(double dt) {
  for (int i = 0; i < nc(); ++i) {
    const double weight = standing_[i] ? contact_weight(i) : 0.0;
    contact_noise_[i] = weight * options_.contact_noise;
    turn_noise_[i] = weight * options_.contact_turn_noise;
    twist_noise_[i] = weight * options_.contact_twist_noise;
    if (standing_[i])
      kernel_.contact_positions().segment<3>(3 * i) += dt * rolling_velocity(i);
    else
      kernel_.forget(i);
  }
  ProcessNoise noise;
  noise.gyro = gyro_valid_ ? options_.gyro_noise : options_.silent_gyro_noise;
  noise.accelerometer =
      accelerometer_valid_ ? options_.accelerometer_noise : options_.silent_accelerometer_noise;
  noise.gyro_bias = options_.gyro_bias_noise;
  noise.accelerometer_bias = options_.accelerometer_bias_noise;
  kernel_.predict(step_gyro_, accelerometer_, dt, noise, contact_noise_, turn_noise_, twist_noise_);
  // The middle of a sole that rocks on its edge rises and falls.
  for (int i = 0; i < nc(); ++i)
    if (standing_[i] && surface_[i]) {
      const Eigen::Vector3d normal = kernel_.contact_rotation(i).col(2);
      const double rise = turn_noise_[i] * half_width_[i];
      kernel_.loosen(i, dt * square(rise) * normal * normal.transpose());
    }
  for (int i = 0; i < nc(); ++i)
    if (standing_[i] && terrain_.normal_deviation(i) > 0.0)
      kernel_.loosen(i, dt * kStance * rolling_noise(i));
  imu_ = kernel_.imu();
}

double InvariantEkf::displacement(int i) const {
  const RelativeFrame& frame = kinematics_.contact(i);
  const Eigen::Vector3d middle = imu_.position + imu_.rotation * frame.position -
                                 kernel_.contact_positions().segment<3>(3 * i);
  if (!surface_[i]) return middle.norm();
  // A sole that twists about its middle moves at its corners; rocking on its edges is no slip.
  const Eigen::Matrix3d& stood = kernel_.contact_rotation(i);
  const Eigen::Vector3d turn = so3_log(imu_.rotation * frame.rotation * stood.transpose());
  return middle.norm() + reach_[i] * std::abs(turn.dot(stood.col(2)));
}

void InvariantEkf::watch_slip(int i, double dt) {
  Slip& slip = slip_[i];
  slip.remaining = std::max(slip.remaining - dt, 0.0);
  if (!standing_[i] || landed_[i]) {
    slip.velocity.setZero();
    slip.suspected = 0.0;
    return;
  }
  // One sample's velocity drowns in encoder noise; its low-pass does not, and its integral is the
  // displacement since touch-down.
  const Eigen::Vector3d velocity =
      imu_.velocity + imu_.rotation * contact_velocity(i) - rolling_velocity(i);
  const double blend = dt / (options_.slip_time + dt);
  slip.velocity += blend * (velocity - slip.velocity);
  // What passes the low-pass of the encoders' noise is on a long leg more than a slip's speed, and
  // a velocity that the filter itself doubts cannot speak against a foot.
  const double noise =
      square(velocity_noise_) * kinematics_.contact(i).linear_jacobian.squaredNorm();
  const double doubt = blend / (2.0 - blend) * noise + velocity_variance();
  const double fastest = square(options_.slip_speed) + kLikely * doubt;
  if (slip.velocity.squaredNorm() > fastest || displacement(i) > options_.slip_displacement)
    slip.remaining = options_.slip_time;
  // Every foot seems to slip when it is the estimate that moves, and to mistrust them all would
  // let it run away: nothing slips for long, so suspicion ends before the stance does.
  slip.suspected = slip.remaining > 0.0 ? slip.suspected + dt : 0.0;
  if (slip.suspected > options_.slip_patience) slip.remaining = 0.0;
}

void InvariantEkf::correct_contact(int i, double dt) {
  constexpr double kNoGate = std::numeric_limits<double>::infinity();
  const RelativeFrame& frame = kinematics_.contact(i);
  const double weight = square(contact_weight(i));
  const Eigen::Matrix3d identity = Eigen::Matrix3d::Identity();
  if (!landed_[i])
    kernel_.correct_position(i, frame.position, frame.position_noise(options_.joint_position_noise),
                             kNoGate);
  if (surface_[i] && !landed_[i])
    kernel_.correct_rotation(i, frame.rotation, frame.rotation_noise(options_.joint_position_noise),
                             kNoGate);
  Eigen::Matrix3d noise = frame.position_noise(velocity_noise_) +
                          weight * square(options_.contact_velocity_noise) * identity;
  if (terrain_.normal_deviation(i) > 0.0)
    noise += kStance / dt * (imu_.rotation.transpose() * rolling_noise(i) * imu_.rotation);
  kernel_.correct_velocity(frame.position, frame.velocity, gyro_, rolling_velocity(i), noise,
                           kNoGate);
}

void InvariantEkf::anchor(int i, double dt) {
  const double before = stood_[i];
  stood_[i] = standing_[i] && !landed_[i] ? before + dt : 0.0;
  // Once a stance, when its height is known better than one reading of the encoders tells it.
  if (before >= options_.settle_time || stood_[i] < options_.settle_time) return;
  const double height = terrain_.height(i) + radius_[i];
  const Innovation innovation = kernel_.height_innovation(i, height);
  roughness_.assume(options_.terrain_noise);
  const bool known = anchored_[i] && roughness_.explains(innovation);
  if (anchored_[i]) roughness_.learn(innovation);
  if (known)
    kernel_.correct_height(i, height, roughness_.variance(),
                           std::numeric_limits<double>::infinity());
  else
    terrain_.move(i, terrain_.height(i) - innovation.residual);
}

void InvariantEkf::correct_pose(const Eigen::Vector3d& position,
                                const Eigen::Vector3d& position_error,
                                const Eigen::Vector3d& rotation_error, double position_noise,
                                double rotation_noise) {
  // What drifts is where the world is, and that error is the same now as it was then: in the
  // invariant error a late pose is as good as one of now.
  constexpr double kNoGate = std::numeric_limits<double>::infinity();
  const Eigen::Matrix3d identity = Eigen::Matrix3d::Identity();
  kernel_.begin();
  if (std::isfinite(position_noise))
    kernel_.covariance().update3(InvariantKernel::kPosition, -1, InvariantKernel::kRotation,
                                 -skew(position), position_error, square(position_noise) * identity,
                                 kNoGate);
  if (std::isfinite(rotation_noise))
    kernel_.covariance().update3(InvariantKernel::kRotation, -1, -1, identity, rotation_error,
                                 square(rotation_noise) * identity, kNoGate);
  kernel_.finish();
  imu_ = kernel_.imu();
}

void InvariantEkf::correct(double dt) {
  kernel_.begin();
  if (joints_valid_) {
    for (int i = 0; i < nc(); ++i) {
      if (!standing_[i] || landed_[i]) place(i);
      watch_slip(i, dt);
    }
    for (int i = 0; i < nc(); ++i)
      if (standing_[i]) correct_contact(i, dt);
    for (int i = 0; i < nc(); ++i) anchor(i, dt);
  }
  if (at_rest_)
    kernel_.correct_velocity(Eigen::Vector3d::Zero(), Eigen::Vector3d::Zero(), gyro_,
                             Eigen::Vector3d::Zero(),
                             square(options_.contact_velocity_noise) * Eigen::Matrix3d::Identity(),
                             std::numeric_limits<double>::infinity());
  kernel_.finish();
  imu_ = kernel_.imu();
}

}  // namespace surefoot
