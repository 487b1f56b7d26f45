"""What no controller may ever send to a robot's motors."""

from __future__ import annotations

import numpy as np

from surefoot.data import JointCommand
from surefoot.robots import RobotModel

_SLACK = 1e-9


def wrong_command(robot: RobotModel, command: JointCommand) -> str:
    """What is wrong with a command: not finite, beyond a joint's limits, a negative gain.

    Parameters
    ----------
    robot
        Whose motors.
    command
        To be sent.

    Returns
    -------
    str
        Empty if nothing is.
    """
    for name in ("position", "velocity", "kp", "kd", "torque"):
        if not np.isfinite(getattr(command, name)).all():
            return f"the command's {name} is not finite"
    for name, lower, upper in (
        ("position", robot.position_lower, robot.position_upper),
        ("velocity", -robot.velocity_limit, robot.velocity_limit),
        ("torque", -robot.effort_limit, robot.effort_limit),
    ):
        value = getattr(command, name)
        excess = np.maximum(value - upper, lower - value)
        if (excess > _SLACK).any():
            joint = robot.joint_names[int(np.argmax(excess))]
            return f"the command's {name} is beyond the limit of {joint}"
    if min(command.kp.min(), command.kd.min()) < 0.0:
        return "the command has a negative gain"
    return ""
