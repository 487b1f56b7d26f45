"""The control loop around a `RobotInterface`: read, step, write, wait."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

from surefoot.control.commands import damping_command
from surefoot.control.controller import Controller
from surefoot.control.robot_interface import RobotInterface
from surefoot.data import InputError, JointCommand, SensorData, finite_number

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class LoopCount:
    """What became of the ticks of a loop.

    Attributes
    ----------
    ticks
        Commands computed.
    late
        Ticks that ended after the next one was due; the loop goes on with the next due time.
    stale
        Times at which there was no new sample.
    """

    ticks: int = 0
    late: int = 0
    stale: int = 0


def run_loop(
    interface: RobotInterface,
    controller: Controller,
    *,
    period: float | None = None,
    duration: float = math.inf,
    before: Callable[[float], bool | None] | None = None,
    after: Callable[[SensorData, JointCommand], None] | None = None,
) -> LoopCount:
    """Control a robot until the time is over, `before` says so, or an exception comes.

    Where no new sample has come, the motors keep their last command for the robot file's
    ``control.sensor_timeout``; then they are damped. However the loop ends, the last command damps
    the joints.

    Parameters
    ----------
    interface
        The robot.
    controller
        Fresh or reset, of the same robot.
    period
        Of the loop, s; None takes the robot file's control rate.
    duration
        s of the robot's clock.
    before
        Called before every tick with the time since the loop began, s, to set the controller's
        command, gait and so on; the loop ends when it returns False.
    after
        Called after every tick with its sample and its command: a log, a viewer.

    Returns
    -------
    LoopCount
        How it went.

    Raises
    ------
    InputError
        If the period or the duration is not positive, or the robots differ.
    """
    robot = interface.robot
    period = 1.0 / robot.config.control.rate if period is None else period
    if not finite_number("period", period) > 0.0:
        raise InputError("period", f"{period} s must be positive")
    if not duration > 0.0:
        raise InputError("duration", f"{duration} s must be positive")
    if robot.name != controller.robot.name:
        raise InputError("controller", f"is of another robot than the interface's {robot.name}")
    count = LoopCount()
    joints = interface.read().joint_position
    begin = interface.time
    due, last = begin, -math.inf
    try:
        while interface.time - begin < duration - 0.5 * period:
            if before is not None and before(interface.time - begin) is False:
                break
            sensors = interface.read()
            if sensors.time > last:
                command = controller.step(sensors)
                interface.write(command)
                count.ticks += 1
                last, joints = sensors.time, sensors.joint_position
                if after is not None:
                    after(sensors, command)
            else:
                count.stale += 1
                if interface.time - last > robot.config.control.sensor_timeout:
                    interface.write(damping_command(robot, joints))
            due += period
            now = interface.time
            if now > due:
                count.late += 1
                due = now
            interface.wait_until(due)
    finally:
        interface.write(damping_command(robot, joints))
        logger.info("loop of %s ended: %s", robot.name, count)
    return count
