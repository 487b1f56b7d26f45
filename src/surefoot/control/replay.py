"""Runs a controller again on the sensors of a log, and finds where it differs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.control.controller import Controller
from surefoot.control.log import LoggedTick, LogReader
from surefoot.control.options import ControllerOptions
from surefoot.data import InputError, JointCommand, RobotState, VelocityCommand
from surefoot.robots import RobotModel

# What must come out again, in the order of computation: the first that differs is nearest to why.
_STATE = ("q", "v", "contact_probability")
_SAMPLE = ("base_position", "base_orientation", "base_velocity", "joint_position", "forces")
_COMMAND = tuple(item.name for item in fields(JointCommand))


@dataclass(frozen=True)
class Difference:
    """Where a replay first differs from its log.

    Attributes
    ----------
    number, time
        Of the tick, and its sensor time, s.
    what
        The value, as ``topic.field[index]``.
    logged, replayed
        Both numbers; NaN where one side has none.
    """

    number: int
    time: float
    what: str
    logged: float
    replayed: float


@dataclass(frozen=True)
class Replay:
    """What came of a replay.

    Attributes
    ----------
    ticks
        Compared.
    duration
        s of the sensors' clock.
    difference
        The first one; None if every tick came out bit for bit.
    """

    ticks: int
    duration: float
    difference: Difference | None


def replay(log: str | Path | LogReader, robot: RobotModel) -> Replay:
    """Feed the sensors and requests of a log to a fresh controller, up to the first difference.

    Bit-identical for a controller that solves in its own tick; one with a thread of its own takes
    its plans when they come, which a replay cannot repeat.

    Parameters
    ----------
    log
        Path of the log, or its reader.
    robot
        The robot that ran.

    Raises
    ------
    InputError
        If the log cannot be read, is of another robot, or lacks ticks.
    """
    reader = log if isinstance(log, LogReader) else LogReader(log)
    if reader.robot != robot.name:
        raise InputError("log", f"is of the robot '{reader.robot}', not of '{robot.name}'")
    known = {item.name for item in fields(ControllerOptions)}
    options = {name: value for name, value in reader.options.items() if name in known}
    controller = Controller(robot, ControllerOptions(**options))
    ticks, begin, last, difference = 0, 0.0, -np.inf, None
    for tick in reader.ticks():
        if tick.number != ticks:
            raise InputError("log", f"lacks tick {ticks}", "it was dropped; nothing can follow")
        sensors = tick.sensors
        if sensors.time <= last:
            controller.reset()
        begin = sensors.time if ticks == 0 else begin
        last = sensors.time
        for change in tick.tuned:
            value = change["value"]
            controller.parameters[change["name"]] = value if len(value) > 1 else value[0]
        _request(controller, tick.values["/control"])
        command = controller.step(sensors, _truth(tick))
        ticks += 1
        difference = _compare(tick, controller, command)
        if difference is not None:
            break
    return Replay(ticks, last - begin if ticks else 0.0, difference)


def _request(controller: Any, asked: dict[str, Any]) -> None:
    if asked["damp"] and not controller.wants_to_damp:
        controller.damp()
    elif asked["stand"] and not controller.wants_to_stand:
        controller.stand()
    elif controller.wants_to_stand and not asked["stand"]:
        controller.sit()
    if len(asked["posture"]):
        wanted = type(controller.posture)(*asked["posture"].tolist())
        if wanted != controller.posture:
            controller.posture = wanted
    controller.gait = asked["gait"]
    controller.command = VelocityCommand(asked["vx"], asked["vy"], asked["yaw_rate"])


def _truth(tick: LoggedTick) -> RobotState | None:
    if not tick.values["/control"]["truth_given"]:
        return None
    truth = tick.values["/truth"]
    return RobotState(truth["time"], truth["q"], truth["v"], truth["contact_flags"].astype(float))


def _compare(tick: LoggedTick, controller: Controller, command: JointCommand) -> Difference | None:
    for topic, names, value in (
        ("/state", _STATE, controller.state),
        ("/sample", _SAMPLE, controller.sample),
        ("/joint_command", _COMMAND, command),
    ):
        logged = tick.values.get(topic)
        for name in names:
            before = None if logged is None else np.ravel(logged[name])
            after = None if value is None else np.ravel(getattr(value, name))
            where = _first_difference(before, after)
            if where is None:
                continue
            time = float(tick.values["/control"]["time"])
            return Difference(
                tick.number,
                time,
                f"{topic[1:]}.{name}[{where}]",
                *(
                    np.nan if side is None or len(side) <= where else float(side[where])
                    for side in (before, after)
                ),
            )
    return None


def _first_difference(before: Any, after: Any) -> int | None:
    """Index of the first number that is not the same; NaN is the same as NaN."""
    if before is None or after is None or len(before) != len(after):
        return None if before is after else 0
    differs = ~((before == after) | (np.isnan(before) & np.isnan(after)))
    return int(np.argmax(differs)) if differs.any() else None
