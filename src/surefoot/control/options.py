"""Choices of one controller, and what the C++ controller is told of them and of the robot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surefoot._cpp import control as _control
from surefoot.data import InputError, finite_number
from surefoot.mpc.options import nmpc_options
from surefoot.robots import RobotModel
from surefoot.robots.model import SIDES, RightingMotion

_FROM_CONTROL = (
    "settle_time",
    "fold_time",
    "fold_speed",
    "fold_beyond",
    "rise_time",
    "sit_time",
    "hold_kp",
    "hold_kd",
    "damping_kd",
    "linear_acceleration",
    "yaw_acceleration",
    "stand_up_speed",
    "rest_speed",
    "actuation_delay",
    "plan_patience",
    "posture_bandwidth",
    "posture_speed",
    "posture_turn_speed",
    "tuning_span",
)
_FROM_WBC = ("joint_kp", "joint_kd", "swing_joint_kp", "swing_joint_kd")


@dataclass(frozen=True)
class ControllerOptions:
    """Choices of one controller that are not the robot's.

    Attributes
    ----------
    wbc_mode
        ``"weighted"`` or ``"strict"``.
    step_in_place
        Whether a walking gait keeps stepping at zero command instead of standing.
    hold_at_start
        Whether the joints are held by their motors until `Controller.stand` (a humanoid put on
        its feet), or only damped (a quadruped lying on the ground).
    nmpc
        ``"synchronous"``: solved within the tick, bit-identical from run to run, for simulation;
        ``"thread"``: in a thread of its own, which keeps to the wall clock, for a robot.
    nmpc_rate
        Solves per second; None takes the robot file's.
    nmpc_latency
        s that synchronous plans are used late, and made for then, as a thread's are: to try a
        robot with slow solves, bit-identical from run to run.
    thread_priority
        Of the NMPC's thread under SCHED_FIFO (1 to 99, needs the right to it); 0: as the rest.
    thread_cpu
        CPU that the NMPC's thread is bound to; None: any.
    """

    wbc_mode: Literal["weighted", "strict"] = "weighted"
    step_in_place: bool = False
    hold_at_start: bool = False
    nmpc: Literal["synchronous", "thread"] = "synchronous"
    nmpc_rate: float | None = None
    nmpc_latency: float = 0.0
    thread_priority: int = 0
    thread_cpu: int | None = None

    def __post_init__(self) -> None:
        if self.nmpc not in ("synchronous", "thread"):
            raise InputError("nmpc", f"{self.nmpc!r} is not one of synchronous, thread")
        if self.nmpc_rate is not None and not finite_number("nmpc_rate", self.nmpc_rate) > 0.0:
            raise InputError("nmpc_rate", f"{self.nmpc_rate} Hz must be positive")
        if not finite_number("nmpc_latency", self.nmpc_latency) >= 0.0:
            raise InputError("nmpc_latency", f"{self.nmpc_latency} s must not be negative")
        if not 0 <= self.thread_priority <= 99:
            raise InputError("thread_priority", f"{self.thread_priority} is not in 0..99")
        if self.thread_cpu is not None and self.thread_cpu < 0:
            raise InputError("thread_cpu", f"{self.thread_cpu} is not the number of a CPU")


def control_options(robot: RobotModel, choices: ControllerOptions) -> _control.ControlOptions:
    """Options of the C++ controller: the robot file's and the caller's."""
    config = robot.config
    options = _control.ControlOptions()
    for name in _FROM_CONTROL:
        setattr(options, name, getattr(config.control, name))
    for name in _FROM_WBC:
        setattr(options, name, getattr(config.wbc, name))
    options.stand_up_tilt_limit = np.deg2rad(config.control.stand_up_tilt_limit_deg)
    options.height = config.posture.height
    options.q_nominal, options.q_lying = robot.q_nominal, robot.q_lying
    options.nmpc_rate = config.nmpc.rate if choices.nmpc_rate is None else choices.nmpc_rate
    options.nmpc_thread = choices.nmpc == "thread"
    options.nmpc_latency = choices.nmpc_latency
    options.thread_priority = choices.thread_priority
    options.thread_cpu = -1 if choices.thread_cpu is None else choices.thread_cpu
    options.nmpc = nmpc_options(robot)
    contacts = _control.ContactSwitchOptions()
    contacts.late_time = config.control.late_contact_time
    contacts.early_time = config.control.early_contact_time
    contacts.search_speed = config.control.search_speed
    contacts.search_depth = config.control.search_depth
    options.contacts = contacts
    righting = _control.RightingOptions()
    righting.attempts = config.righting.attempts
    righting.patience = config.righting.patience
    righting.parting = robot.parting
    for motion in robot.righting:
        righting.motions += [_motion(item) for item in (motion, robot.mirrored(motion)) if item]
    options.righting = righting
    safety = config.safety
    options.set_safety(
        {
            name: [(level.limit, level.reaction) for level in levels]
            for name, levels in safety
            if name not in ("slow_factor", "hold_time", "speed_time")
        },
        safety.slow_factor,
        safety.hold_time,
        safety.speed_time,
    )
    options.step_in_place = choices.step_in_place
    options.hold_at_start = choices.hold_at_start
    return options


def _motion(motion: RightingMotion) -> _control.RightingMotion:
    result = _control.RightingMotion()
    result.down = [np.array(SIDES[side]) for side in motion.down]
    postures = []
    for item in motion.postures:
        posture = _control.RightingPosture()
        posture.duration, posture.joints = item.duration, item.joints
        postures.append(posture)
    result.postures = postures
    return result
