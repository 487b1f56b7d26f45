"""The joint command that needs neither solver nor controller."""

from __future__ import annotations

import numpy as np

from surefoot.data import Array, JointCommand
from surefoot.robots import RobotModel


def damping_command(robot: RobotModel, joint_position: Array) -> JointCommand:
    """Command that only damps the joints: the last safe reaction, needs no solver.

    Parameters
    ----------
    robot
        The robot.
    joint_position
        (nj,) reported as the target, within the limits; its gain is zero.
    """
    zero = np.zeros(robot.nj)
    kd = robot.config.control.damping_kd * robot.effort_limit
    position = np.clip(joint_position, robot.position_lower, robot.position_upper)
    return JointCommand(position, zero, zero.copy(), kd, zero.copy())
