"""What no controller may ever send to a robot's motors, and how much a command changes."""

from __future__ import annotations

import numpy as np

from surefoot.data import Array, JointCommand
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


def torque_jump(
    robot: RobotModel, before: JointCommand, now: JointCommand, q: Array, v: Array
) -> float:
    """How much a new command alone changes the motors' torques, at the same state.

    Impacts change them too, through the joints' velocities; they are not counted here.

    Parameters
    ----------
    robot
        Whose motors.
    before, now
        Commands of two ticks that follow each other.
    q, v
        (nq,), (nv,) true state of the second.

    Returns
    -------
    float
        Of the joint that changes most, in its effort limits.
    """
    torques = (
        np.clip(
            item.torque + item.kp * (item.position - q[7:]) + item.kd * (item.velocity - v[6:]),
            -robot.effort_limit,
            robot.effort_limit,
        )
        for item in (before, now)
    )
    first, second = torques
    return float(np.max(np.abs(second - first) / robot.effort_limit, initial=0.0))
