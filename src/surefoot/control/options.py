"""Choices of one controller, and what the C++ controller is told of them and of the robot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surefoot._cpp import control as _control
from surefoot.mpc.options import nmpc_options
from surefoot.robots import RobotModel

_FROM_CONTROL = (
    "settle_time",
    "fold_time",
    "rise_time",
    "sit_time",
    "hold_kp",
    "hold_kd",
    "damping_kd",
    "linear_acceleration",
    "yaw_acceleration",
    "stand_up_speed",
    "rest_speed",
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
    """

    wbc_mode: Literal["weighted", "strict"] = "weighted"
    step_in_place: bool = False
    hold_at_start: bool = False


def control_options(robot: RobotModel, choices: ControllerOptions) -> _control.ControlOptions:
    """Options of the C++ controller: the robot file's and the caller's."""
    config = robot.config
    options = _control.ControlOptions()
    for name in _FROM_CONTROL:
        setattr(options, name, getattr(config.control, name))
    for name in _FROM_WBC:
        setattr(options, name, getattr(config.wbc, name))
    options.tilt_limit = np.deg2rad(config.control.tilt_limit_deg)
    options.stand_up_tilt_limit = np.deg2rad(config.control.stand_up_tilt_limit_deg)
    options.height = config.posture.height
    options.q_nominal, options.q_lying = robot.q_nominal, robot.q_lying
    options.nmpc_rate = config.nmpc.rate
    options.nmpc = nmpc_options(robot)
    options.step_in_place = choices.step_in_place
    options.hold_at_start = choices.hold_at_start
    return options
