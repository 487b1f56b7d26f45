"""Command shaping and joint commands that need no solver."""

from __future__ import annotations

import numpy as np

from surefoot.data import Array, JointCommand, VelocityCommand
from surefoot.robots import RobotModel


class CommandRamp:
    """Follows a velocity command with bounded acceleration.

    Parameters
    ----------
    linear_acceleration
        m/s^2.
    yaw_acceleration
        rad/s^2.
    """

    def __init__(self, linear_acceleration: float, yaw_acceleration: float) -> None:
        self._linear, self._yaw = linear_acceleration, yaw_acceleration
        self.current = VelocityCommand()

    def reset(self) -> None:
        """Start again from rest."""
        self.current = VelocityCommand()

    def step(self, target: VelocityCommand, dt: float) -> VelocityCommand:
        """Move towards `target` for `dt` seconds and return where it got."""
        now = self.current
        delta = np.array([target.vx - now.vx, target.vy - now.vy])
        distance = float(np.hypot(*delta))
        if distance > self._linear * dt:
            delta *= self._linear * dt / distance
        yaw = float(np.clip(target.yaw_rate - now.yaw_rate, -self._yaw * dt, self._yaw * dt))
        self.current = VelocityCommand(now.vx + delta[0], now.vy + delta[1], now.yaw_rate + yaw)
        return self.current


def damping_command(robot: RobotModel, joint_position: Array) -> JointCommand:
    """Command that only damps the joints: the last safe reaction, needs no solver.

    Parameters
    ----------
    robot
        The robot.
    joint_position
        (nj,) reported as the target; its gain is zero.
    """
    zero = np.zeros(robot.nj)
    kd = robot.config.control.damping_kd * robot.effort_limit
    return JointCommand(joint_position.copy(), zero, zero.copy(), kd, zero.copy())


def posture_command(robot: RobotModel, position: Array, velocity: Array) -> JointCommand:
    """Command that holds or moves the joints by the motors' own PD loops.

    Parameters
    ----------
    robot
        The robot.
    position, velocity
        (nj,) rad and rad/s.
    """
    config = robot.config.control
    return JointCommand(
        position,
        velocity,
        config.hold_kp * robot.effort_limit,
        config.hold_kd * robot.effort_limit,
        np.zeros(robot.nj),
    )
