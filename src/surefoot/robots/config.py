"""The typed robot file: what a TOML may say, and what it must.

One model per section. Every key is required unless a robot may truly lack the thing it names;
files share values with ``extends`` (see `surefoot.robots.files`), so no number hides in code.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

STAND_GAIT = "stand"  # the gait that every robot has: all contacts on the ground

Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Vector3 = tuple[float, float, float]
# By joint name or by pattern ("*_knee_joint"); where two match, the later one wins.
JointTable = dict[str, float]


class Section(BaseModel):
    """A table of the robot file: unknown keys and non-finite numbers are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DescriptionConfig(Section):
    """Where the robot's URDF or MJCF is."""

    path: str  # relative to the robot file, or to the package's robots folder
    package: Literal["example-robot-data"] | None = None
    locked_joints: JointTable = {}  # joints frozen at this position, rad


class ContactConfig(Section):
    """One place where the robot may touch the world."""

    name: str
    frame: str
    kind: Literal["point", "surface"]
    friction: Positive  # that the controller relies on
    radius: NonNegative = 0.0  # point: of the sphere around `center`, m
    center: Vector3 = (0.0, 0.0, 0.0)  # of the sphere or rectangle, in the frame, m
    # surface: rectangle parallel to the frame's xy plane, m
    half_length: NonNegative = 0.0
    half_width: NonNegative = 0.0
    yaw_friction: NonNegative = 0.0  # yaw moment per normal force, m
    force_sensor: bool = False


class LimitsConfig(Section):
    """Joint limits that override or complete the description's; see `JointTable` for the keys."""

    position_lower: JointTable = {}
    position_upper: JointTable = {}
    velocity: dict[str, Positive] = {}
    effort: dict[str, Positive] = {}
    # torque-speed curve: full effort up to corner_velocity, from there linearly to none at
    # no_load_velocity, rad/s, in the direction of motion; a joint without has full effort always
    corner_velocity: dict[str, Positive] = {}
    no_load_velocity: dict[str, Positive] = {}
    armature: dict[str, NonNegative] = {}


class ImuConfig(Section):
    """Where the IMU sits and what it gives."""

    frame: str
    has_orientation: bool


class PostureConfig(Section):
    """Joint positions, rad; a joint that is not named is at 0."""

    nominal: JointTable  # standing
    lying: JointTable  # on the ground: where standing up begins and sitting down ends
    height: Positive  # of the base above the ground while standing, m


class GaitConfig(Section):
    """A periodic contact pattern. Phases are fractions of the period."""

    period: Positive  # s
    # fraction of the period that a contact is on the ground
    duty: Annotated[float, Field(gt=0.0, le=1.0)]
    offset: dict[str, Fraction]  # by contact name: phase at which its stance begins
    swing_height: Positive  # m
    # s that a robot on all its contacts stays so when the gait begins, to shift its weight
    shift_time: NonNegative = 0.0


class CollisionConfig(Section):
    """A body primitive for the simulation, in a frame of the description."""

    frame: str
    kind: Literal["box", "sphere", "capsule"]
    size: tuple[float, ...]  # box: half extents; sphere: radius; capsule: radius, half length (z)
    position: Vector3 = (0.0, 0.0, 0.0)
    rpy: Vector3 = (0.0, 0.0, 0.0)


class NmpcConfig(Section):
    """Weights and options of the NMPC."""

    horizon: Positive  # s
    nodes: Annotated[int, Field(gt=1, le=1000)]
    rate: Positive  # solves per second
    joints: list[str] | Literal["all"]  # that the NMPC moves; the others follow their posture
    momentum_linear: Vector3
    momentum_angular: Vector3
    base_position: Vector3
    base_orientation: Vector3  # roll, pitch, yaw
    joint_position: Positive
    force: Positive
    moment: Positive  # of surface contacts
    foot_velocity: Positive  # joint velocity weight, measured at the contacts
    foot_turn: NonNegative  # joint velocity weight, by the turning of surface contacts
    joint_velocity: NonNegative
    foothold: NonNegative  # horizontal place of swing feet
    terminal: NonNegative  # s; the state's weights at the horizon's end are this times the others
    force_min: NonNegative  # N per contact
    force_max: Positive  # in body weights, per contact
    friction_mode: Literal["hard", "soft"]  # inequalities, or a relaxed barrier in the cost
    barrier_weight: Positive  # of soft friction
    barrier_relaxation: Positive  # N, below which the barrier is a parabola
    barrier_smoothing: Positive  # N, rounds the tip of the friction cone
    # weights of soft joint limits: 1/rad^2, s^2/rad^2, 1/(N m)^2; zero leaves one out
    joint_position_limit: NonNegative
    joint_velocity_limit: NonNegative
    joint_torque_limit: NonNegative
    limit_margin: Annotated[float, Field(ge=0.0, lt=0.5)]  # share of a range, at both its ends
    swing_position_gain: NonNegative  # 1/s, feedback of contact height
    capture_gain: NonNegative  # share of the capture-point correction in the footholds
    aim_margin: Positive  # s before touch-down in which a swing foot is aimed no more
    lead_position: Positive  # m, how far the base's reference may be from the base
    lead_yaw: Positive  # rad
    settle_rate: NonNegative  # 1/s, of the standing reference to the feet's middle
    slope_span: NonNegative  # m, extent of the footholds below which their slope is not believed
    slope_time: Positive  # s, low-pass of the estimated slope
    slope_limit: NonNegative  # rise over run, largest slope that is believed
    slope_share: Fraction  # of the slope that the base tilts with it
    early_touch: Fraction  # share of a swing after which a measured contact ends it
    late_grace: NonNegative  # s after touch-down in which contact need not be measured yet
    late_limit: NonNegative  # s beyond which a missing contact is sought no more
    late_step: Positive  # s by which the swing without contact is extended each time
    late_speed: NonNegative  # m/s, of a foot that seeks the ground
    late_ramp: Positive  # s, to get to that speed
    touching_probability: Fraction  # of contact, above which a contact is taken to touch
    missing_probability: Fraction  # of contact, below which it is taken not to
    gain_horizon: NonNegative  # s; feedback gains that every solve computes, the rest on demand
    iterations: Annotated[int, Field(gt=0, le=1000)]  # of the interior point, at most
    tolerance: Positive  # relative, on every optimality residual
    singular_tolerance: Positive  # relative, below which contact Jacobians are damped
    time_limit: NonNegative  # s of CPU time after which a solve iterates no more; 0: none
    step_halvings: Annotated[int, Field(ge=0)]  # of the line search, at most
    first_iterations: Annotated[int, Field(gt=0)]  # of a solve without a plan to fall back to
    # what a solve must keep to become the plan: relative residuals, weights, rad beyond the limits
    plan_dynamics: Positive
    plan_equality: Positive
    plan_force: Positive
    plan_joint_margin: NonNegative


class WbcConfig(Section):
    """Gains and weights of the whole-body controller."""

    base_kp: tuple[float, float, float, float, float, float]  # linear, angular, 1/s^2
    base_kd: tuple[float, float, float, float, float, float]  # 1/s
    base_weight: Positive
    swing_kp: Positive
    swing_kd: Positive
    swing_weight: Positive
    posture_kp: Positive
    posture_kd: Positive
    posture_weight: Positive
    force_weight: Positive
    mode: Literal["weighted", "strict"]
    solver: str  # "surefoot", "osqp", or a dense solver of qpsolvers
    solver_tolerance: Positive  # of iterative ones, absolute and relative
    contact_kp: NonNegative  # 1/s^2, of contacts towards where they began
    contact_kd: NonNegative  # 1/s, damping of contact motion
    contact_range: NonNegative  # m, most that contact_kp acts on: further, a contact has slipped
    force_min: NonNegative  # N, least normal force of a contact
    force_max: Positive  # in body weights, per contact
    load_time: NonNegative  # s, over which a contact takes up force
    unload_time: NonNegative  # s, over which it gives up force, still held in place
    regularization: Positive  # of accelerations and forces, beside the weights
    limit_braking: Positive  # rad/s^2, joint acceleration that is always available for stopping
    limit_step: Positive  # s, over which joint limits look ahead
    limit_margin: NonNegative  # rad, kept from the position limits
    collision_pairs: list[tuple[str, str]] = []  # frames of `collisions` that must stay apart
    collision_distance: NonNegative  # m, between their surfaces
    collision_gain: Positive  # 1/s, how fast they may close
    fallback_time: NonNegative  # s, over which the last good torque fades after a failure
    fallback_kd: NonNegative  # N m s/rad, joint damping after a failure
    joint_kp: NonNegative  # of the motor drivers around the plan, N m/rad
    joint_kd: NonNegative
    swing_joint_kp: NonNegative
    swing_joint_kd: NonNegative


class ContactEstimationConfig(Section):
    """How contact is told from the signals. Weights and limits are log-odds."""

    force_threshold: Positive  # N, normal force as likely with as without contact
    force_limit: NonNegative  # most that a measured foot force may say
    torque_limit: NonNegative  # most that joint torques may say
    torque_time: Positive  # s, time constant of the momentum observer behind them
    plan_weight: NonNegative  # what a certain plan says
    still_weight: NonNegative  # what a foot that does not move says
    speed: Positive  # m/s, foot speed that takes one unit back
    height: Positive  # m, height above the terrain that takes one unit back
    kinematic_limit: NonNegative  # most that a moving or high foot may say against
    enter_probability: Fraction  # hysteresis of the yes/no decision
    leave_probability: Fraction


class EstimatorConfig(Section):
    """Noise densities of the estimator and its choice."""

    filter: Literal["invariant", "linear"]
    gyro_noise: Positive  # rad/s/sqrt(Hz)
    accelerometer_noise: Positive  # m/s^2/sqrt(Hz)
    gyro_bias_noise: Positive  # rad/s^2/sqrt(Hz)
    accelerometer_bias_noise: Positive  # m/s^3/sqrt(Hz)
    joint_position_noise: Positive  # rad, each sample
    joint_velocity_noise: Positive  # rad/s, each sample
    contact_noise: Positive  # m/s/sqrt(Hz), how far a standing foot wanders
    contact_turn_noise: Positive  # rad/s/sqrt(Hz), how a standing sole rocks on its edges
    contact_twist_noise: Positive  # rad/s/sqrt(Hz), how it turns about its normal
    contact_velocity_noise: Positive  # m/s, each sample: velocity of a standing foot
    settle_time: NonNegative  # s after touch-down until a foot has come to rest
    terrain_noise: Positive  # m, of a foothold about its remembered height, until learnt
    terrain_step: Positive  # m, a larger change of height is a new level
    terrain_slope: Positive  # a steeper ground has no levels
    initialization_time: Positive  # s of rest that the first averages take
    initial_tilt: Positive  # rad, standard deviation, by motion that passes for rest
    initial_gyro_bias: Positive  # rad/s, standard deviation of the average at rest
    initial_accelerometer_bias: Positive  # m/s^2, standard deviation
    initial_height: Positive  # m, standard deviation
    rest_gyro: Positive  # rad/s, below it the body may be at rest
    rest_accelerometer: Positive  # m/s^2, likewise, from gravity
    slip_speed: Positive  # m/s, a standing foot that moves faster, noise apart, slips
    slip_displacement: Positive  # m, likewise, from where it stood
    slip_time: Positive  # s, low-pass of that speed, and how long a slip is suspected
    slip_patience: Positive  # s, a longer slip is taken for an error of the estimate
    slip_factor: Positive  # by which a slip multiplies the contact's noise
    max_gap: Positive  # s, a longer silence of a sensor counts as its failure
    max_silence: Positive  # s, motion of a longer silence is not predicted
    clock_patience: Positive  # s of old samples after which the clock counts as set back
    gyro_limit: Positive  # rad/s, range of the gyro
    accelerometer_limit: Positive  # m/s^2, range of the accelerometer
    silent_gyro_noise: Positive  # rad/s/sqrt(Hz), motion unseen while the gyro fails
    silent_accelerometer_noise: Positive  # m/s^2/sqrt(Hz), likewise
    stuck_motion: Positive  # rad, motion that a stuck encoder's own velocity belies
    velocity_time: Positive  # s, low-pass of joint velocities made from positions
    acceleration_noise: Positive  # linear filter: m/s^2/sqrt(Hz), tilt error included
    tilt_acceleration_noise: Positive  # attitude filter: m/s^2, of the kinematic acceleration
    tilt_time: Positive  # attitude filter: s, window of that acceleration
    contact: ContactEstimationConfig


class ControlConfig(Section):
    """The control loop: rates, motions of standing up and sitting down, limits of commands."""

    rate: Positive  # control ticks per second
    settle_time: Positive  # s at rest before standing up, in which the estimator initialises
    fold_time: Positive  # s to bring the joints to the lying posture before rising, at least
    fold_speed: Positive  # rad/s, fastest joint meanwhile
    fold_beyond: NonNegative  # rad, a robot with a joint further from standing folds first
    rise_time: Positive  # s from lying to standing
    sit_time: Positive  # s from standing to lying
    # motor gains of joint-space motions, per N m of the joint's torque limit
    hold_kp: Positive  # 1/rad
    hold_kd: Positive  # s/rad
    damping_kd: Positive  # s/rad, of the passive and fault phases
    linear_acceleration: Positive  # m/s^2, how fast a velocity command is followed
    yaw_acceleration: Positive  # rad/s^2
    stand_up_tilt_limit_deg: Positive  # a robot that lies tilted more does not stand up
    stand_up_speed: Positive  # m/s and rad/s, nor does one whose base moves faster
    actuation_delay: NonNegative  # s, from a sample's time until its command acts
    plan_patience: Positive  # s that walking waits for its first plan
    rest_speed: Positive  # m/s, below it a walking robot without a command may stop stepping
    sensor_timeout: Positive  # s without a new sample after which the joints are damped

    # planned and measured contacts that disagree
    late_contact_time: Positive  # s that a planned contact may go unmeasured
    early_contact_time: Positive  # s that an unplanned contact must be measured
    search_speed: Positive  # m/s, downwards, of a foot that misses its ground
    search_depth: NonNegative  # m, below its planned place
    # posture commands while standing
    posture_bandwidth: Positive  # rad/s, how fast they are followed
    posture_speed: Positive  # m/s, at most
    posture_turn_speed: Positive  # rad/s, at most
    posture_shift: Positive  # m, largest command forward, sway and height
    posture_angle_deg: Positive  # largest command roll, pitch and yaw
    # a running controller's gains and weights may become this many times larger than in this file,
    # and those that must be positive this many times smaller
    tuning_span: Annotated[float, Field(ge=1.0)]


class RightingPostureConfig(Section):
    """A posture on the way from where a robot has fallen to its feet."""

    duration: Positive  # s, of the motion there
    joints: JointTable  # rad; a joint that is not named is as in posture.lying


# Of the base, by its axes: left +y, right -y, front +x, rear -x, top +z.
Side = Literal["left", "right", "front", "rear", "top"]


class RightingMotionConfig(Section):
    """The postures that a robot goes through when one of these sides of its base is down."""

    down: Annotated[list[Side], Field(min_length=1)]
    postures: Annotated[list[RightingPostureConfig], Field(min_length=1)]


class RightingConfig(Section):
    """How a robot that has fallen gets upright; legs are folded (posture.lying) before and after.

    Every motion has its mirror image too, if the robot has one.
    """

    attempts: Annotated[int, Field(ge=1, le=100)]  # until it is asked to stand again
    patience: Positive  # s that it may take to lie still after each
    # rad, where no limb is in another's way; a joint that is not named is as in posture.nominal
    parting: JointTable = {}
    motions: list[RightingMotionConfig] = []  # `surefoot tune righting` finds them; none: it cannot


class SafetyLevelConfig(Section):
    """Beyond the limit, or where the value is not a number, the reaction follows."""

    limit: NonNegative
    # the value itself; part of the command; end the walk; damp the joints until reset
    reaction: Literal["limit", "slow_down", "stop", "damp"]


class SafetyConfig(Section):
    """What is watched in every tick; any number of levels each. docs/control.md has the table."""

    torque: list[SafetyLevelConfig]  # of effort limits, that the motors would be asked for
    joint_position: list[SafetyLevelConfig]  # rad beyond a joint's range
    joint_velocity: list[SafetyLevelConfig]  # of velocity limits
    tilt_deg: list[SafetyLevelConfig]  # of the base from level
    foot_slip: list[SafetyLevelConfig]  # m/s, of a standing foot
    estimate: list[SafetyLevelConfig]  # m/s, deviation of the velocity that the estimator claims
    plan_age: list[SafetyLevelConfig]  # s since the plan began
    sensor_age: list[SafetyLevelConfig]  # s between two samples
    not_finite: list[SafetyLevelConfig]  # s for which a sensor gave no number
    sensor_fault: list[SafetyLevelConfig]  # s for which the estimator went without a sensor
    plan_failures: list[SafetyLevelConfig]  # NMPC solves failed in a row
    wbc_failures: list[SafetyLevelConfig]  # ticks in a row without a whole-body solution
    slow_factor: Fraction  # share of the command that is followed when slowing down
    hold_time: NonNegative  # s for which a reaction outlasts its cause
    speed_time: NonNegative  # s, of the mean that joint speed is judged by


class RobotConfig(Section):
    """A whole robot file."""

    name: str
    description: DescriptionConfig
    contacts: list[ContactConfig]
    limits: LimitsConfig = LimitsConfig()
    imu: ImuConfig
    posture: PostureConfig
    collisions: list[CollisionConfig]
    gaits: dict[str, GaitConfig]
    nmpc: NmpcConfig
    wbc: WbcConfig
    estimator: EstimatorConfig
    control: ControlConfig
    righting: RightingConfig
    safety: SafetyConfig
