"""From the robot file to the options of the C++ NMPC."""

from __future__ import annotations

from surefoot._cpp import mpc as _mpc
from surefoot.data import RobotError
from surefoot.robots import RobotModel

GRAVITY = 9.81

_SAME_IN_BOTH = (
    "horizon",
    "nodes",
    "momentum_linear",
    "momentum_angular",
    "base_position",
    "base_orientation",
    "joint_position",
    "force",
    "moment",
    "foot_velocity",
    "foot_turn",
    "joint_velocity",
    "foothold",
    "terminal",
    "force_min",
    "barrier_weight",
    "barrier_relaxation",
    "barrier_smoothing",
    "joint_position_limit",
    "joint_velocity_limit",
    "joint_torque_limit",
    "limit_margin",
    "swing_position_gain",
    "capture_gain",
    "aim_margin",
    "lead_position",
    "lead_yaw",
    "settle_rate",
    "slope_span",
    "slope_time",
    "slope_limit",
    "slope_share",
    "early_touch",
    "late_grace",
    "late_limit",
    "late_step",
    "late_speed",
    "late_ramp",
    "touching_probability",
    "missing_probability",
    "gain_horizon",
    "iterations",
    "tolerance",
    "singular_tolerance",
    "time_limit",
    "step_halvings",
    "first_iterations",
    "plan_dynamics",
    "plan_equality",
    "plan_force",
    "plan_joint_margin",
)


def nmpc_options(robot: RobotModel) -> _mpc.NmpcOptions:
    """Options of the NMPC as the robot file gives them.

    Raises
    ------
    RobotError
        If ``nmpc.joints`` or a gait names a joint or contact that the robot does not have.
    """
    config = robot.config.nmpc
    options = _mpc.NmpcOptions()
    for name in _SAME_IN_BOTH:
        setattr(options, name, getattr(config, name))
    options.soft_friction = config.friction_mode == "soft"
    options.force_max = config.force_max * robot.mass * GRAVITY
    options.posture = robot.q_nominal[7:]
    options.height = robot.config.posture.height
    names = robot.joint_names if config.joints == "all" else tuple(config.joints)
    unknown = [name for name in names if name not in robot.joint_names]
    if unknown:
        raise RobotError(robot.name, [f"nmpc.joints: no joint '{name}'" for name in unknown])
    options.joints = sorted(robot.joint_names.index(name) for name in names)
    options.gaits = [_gait(robot, name) for name in robot.config.gaits]
    return options


def _gait(robot: RobotModel, name: str) -> _mpc.Gait:
    config = robot.config.gaits[name]
    problems = [
        f"gaits.{name}.offset: give contact '{contact}' an offset"
        for contact in robot.contact_names
        if contact not in config.offset
    ] + [
        f"gaits.{name}.offset: the robot has no contact '{contact}'"
        for contact in config.offset
        if contact not in robot.contact_names
    ]
    if problems:
        raise RobotError(robot.name, problems)
    gait = _mpc.Gait()
    gait.name = name
    gait.period, gait.duty, gait.swing_height = config.period, config.duty, config.swing_height
    gait.shift_time = config.shift_time
    gait.offset = [config.offset[contact] for contact in robot.contact_names]
    return gait
