"""The standard set of scenarios, as data, and how one of them is run and judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from surefoot.data import InputError, VelocityCommand
from surefoot.robots import RobotModel
from surefoot.sim import faults, terrain
from surefoot.sim.faults import SensorFault
from surefoot.sim.log import Log
from surefoot.sim.plant import Payload
from surefoot.sim.scenario import (
    Event,
    Tick,
    WalkingController,
    WalkResult,
    run_walk,
)
from surefoot.sim.simulation import Simulation
from surefoot.sim.terrain import Terrain
from surefoot.sim.walk_figures import COMMAND_TIME

_WALK_TIME = 10.0  # s of a command
_GAIT_TIME = 3.0  # s of each gait in the sequence of gaits
_TERRAIN_SPEED = 0.4  # m/s
_GOAL_SLACK = 1.6  # a run over terrain lasts so many times its length at the commanded speed
_GOAL_WIDTH = 1.0  # m to either side of the goal that still count
_FAULT_TIME = 5.0  # s after standing

MakeController = Callable[[RobotModel], WalkingController]


@dataclass(frozen=True)
class Scenario:
    """One row of the standard set.

    Attributes
    ----------
    group, name
        What it is called.
    command, gait
        Set 1 s after the robot stands.
    duration
        s after the robot stands.
    make_terrain
        The ground for a seed; None is flat.
    friction, actuation_delay, payload
        Of the simulation.
    lying
        Whether the robot begins on the ground; else on its feet, and its controller is to hold it.
    events
        What else happens.
    """

    group: str
    name: str
    command: VelocityCommand
    gait: str
    duration: float = COMMAND_TIME + _WALK_TIME
    make_terrain: Callable[[int], Terrain] | None = None
    friction: float = 0.8
    actuation_delay: float = 0.002
    payload: Payload | None = None
    lying: bool = True
    events: tuple[Event, ...] = ()


def run_scenario(
    robot: RobotModel,
    make_controller: MakeController,
    scenario: Scenario,
    *,
    seed: int,
    true_state: bool = False,
    on_tick: Callable[[Tick], None] | None = None,
) -> WalkResult:
    """Run a scenario once.

    Parameters
    ----------
    robot
        The robot.
    make_controller
        Makes a fresh controller, e.g. `surefoot.control.Controller`.
    scenario
        What to run.
    seed
        Of sensors and terrain.
    true_state, on_tick
        See `run`.

    Returns
    -------
    WalkResult
        Its metrics have further keys: ``group``, ``scenario`` and ``success`` (no fall, and the
        terrain's goal reached where it has one).
    """
    ground = None if scenario.make_terrain is None else scenario.make_terrain(seed)
    simulation = Simulation(
        robot,
        seed=seed,
        friction=scenario.friction,
        actuation_delay=scenario.actuation_delay,
        terrain=ground,
        payload=scenario.payload,
    )
    result = run_walk(
        robot,
        make_controller(robot),
        simulation,
        command=scenario.command,
        gait=scenario.gait,
        duration=scenario.duration,
        seed=seed,
        events=scenario.events,
        lying=scenario.lying,
        true_state=true_state,
        on_tick=on_tick,
    )
    result.log.info.update(group=scenario.group, scenario=scenario.name)
    success = bool(result.metrics["survived"]) and _reached(result.log, simulation.terrain)
    figures = {"group": scenario.group, "scenario": scenario.name, "success": success}
    return WalkResult(result.run, {**figures, **result.metrics})


def standard_set(robot: RobotModel, gait: str = "trot") -> list[Scenario]:
    """Every scenario of the standard set that is one run; pushes are in `surefoot.sim.pushes`.

    Parameters
    ----------
    robot
        Whose gaits, mass and joints are used.
    gait
        To walk with.

    Raises
    ------
    InputError
        If the robot has no such gait.
    """
    if gait not in robot.config.gaits:
        known = ", ".join(robot.config.gaits)
        raise InputError("gait", f"{robot.name} has no gait {gait!r}", f"known: {known}")
    stand = Scenario("stand", "10 s", VelocityCommand(), "stand")
    scenarios = [
        *([stand] if "stand" in robot.config.gaits else []),
        *_velocities(gait),
        *_gaits(robot, gait),
        *_slopes(gait),
        *_rough(gait),
        *_payloads(robot, gait),
        *_faults(robot, gait),
    ]
    if robot.can_lie:
        return scenarios
    return [replace(scenario, lying=False) for scenario in scenarios]


def _velocities(gait: str) -> list[Scenario]:
    forward = [VelocityCommand(vx=vx) for vx in (0.3, 0.5, 1.0, 1.5, 2.0)]
    turning = [VelocityCommand(yaw_rate=rate) for rate in (0.5, 1.0)]
    commands = [*forward, VelocityCommand(vy=0.3), *turning, VelocityCommand(0.5, 0.0, 0.5)]
    return [Scenario("velocity", _speed_name(command), command, gait) for command in commands]


def _speed_name(command: VelocityCommand) -> str:
    values = {"vx": command.vx, "vy": command.vy, "yaw": command.yaw_rate}
    return " ".join(f"{name} {value:g}" for name, value in values.items() if value)


def _gaits(robot: RobotModel, gait: str) -> list[Scenario]:
    sequence = ("trot", "walk", "pace", "bound", "pronk", "trot")
    known = [name for name in sequence if name in robot.config.gaits]
    if len(set(known)) < 2:
        return []
    speed = 0.4
    events = [
        _set(COMMAND_TIME + i * _GAIT_TIME, name, 0.0 if name == "pronk" else speed)
        for i, name in enumerate(known)
    ]
    end = COMMAND_TIME + len(known) * _GAIT_TIME
    events.append(_set(end, known[-1], 0.0))
    return [
        Scenario(
            "gaits",
            " ".join(known),
            VelocityCommand(vx=speed),
            known[0],
            duration=end + _GAIT_TIME,
            events=tuple(events),
        )
    ]


def _set(time: float, gait: str, speed: float) -> Event:
    def action(controller: WalkingController, _: Simulation) -> None:
        controller.gait = gait
        controller.command = VelocityCommand(vx=speed)

    return Event(time, action)


def _over(group: str, name: str, gait: str, make: Callable[[int], Terrain]) -> Scenario:
    goal = make(0).goal
    assert goal is not None
    time = _GOAL_SLACK * goal[0] / _TERRAIN_SPEED
    command = VelocityCommand(vx=_TERRAIN_SPEED)
    return Scenario(group, name, command, gait, COMMAND_TIME + time, make)


def _slopes(gait: str) -> list[Scenario]:
    scenarios = [
        _over(
            "slope",
            f"{degrees} deg {direction}",
            gait,
            lambda _, a=degrees, d=direction: terrain.slope(np.deg2rad(a), d),  # type: ignore[misc]
        )
        for degrees in (5, 10, 15, 20)
        for direction in ("up", "down", "across")
    ]
    # a limp robot does not lie still across a slope: its folded legs tip over
    return [replace(s, lying=False) if "across" in s.name else s for s in scenarios]


def _rough(gait: str) -> list[Scenario]:
    tiles = [
        _over(
            "tiles",
            f"{centimetres} cm",
            gait,
            lambda seed, h=0.01 * centimetres: terrain.tiles(h, seed=seed),  # type: ignore[misc]
        )
        for centimetres in (3, 5, 8, 10)
    ]
    stairs = [
        _over(
            "stairs",
            f"{centimetres} cm {direction}",
            gait,
            lambda _, h=0.01 * centimetres, d=direction: terrain.stairs(h, d),  # type: ignore[misc]
        )
        for centimetres in (5, 8, 10)
        for direction in ("up", "down")
    ]
    slippery = _over(
        "slippery", "0.25", gait, lambda seed: terrain.friction_patches(0.25, seed=seed)
    )
    return [*tiles, *stairs, slippery]


def _payloads(robot: RobotModel, gait: str) -> list[Scenario]:
    com = np.asarray(robot.description.base.com)
    offset = (float(com[0]), float(com[1]) + 0.05, float(com[2]))
    return [
        Scenario(
            "payload",
            f"+{percent} %",
            VelocityCommand(vx=0.5),
            gait,
            payload=Payload(0.01 * percent * robot.mass, offset),
        )
        for percent in (20, 40)
    ]


def _faults(robot: RobotModel, gait: str) -> list[Scenario]:
    command = VelocityCommand(vx=0.5)
    late = [
        Scenario("faults", f"delay {ms} ms", command, gait, actuation_delay=1e-3 * ms)
        for ms in (2, 4, 6, 8, 10)
    ]
    spoiled: list[tuple[str, Callable[[], SensorFault], float]] = [
        *(
            (f"frozen {robot.joint_names[j]}", partial(faults.frozen_encoder, j), _WALK_TIME)
            for j in _leg(robot, 0)
        ),
        ("IMU stopped 50 ms", faults.stopped_imu, 0.05),
        ("NaN in gyro", lambda: faults.not_a_number("gyro"), 0.002),
        ("NaN in joint_position", lambda: faults.not_a_number("joint_position"), 0.002),
    ]
    return late + [
        Scenario("faults", name, command, gait, events=_spoil(make, time))
        for name, make, time in spoiled
    ]


def _leg(robot: RobotModel, contact: int) -> list[int]:
    """Joints from the base to a contact."""
    joints: list[int] = []
    joint = robot.contacts[contact].joint
    while joint >= 0:
        joints.insert(0, joint)
        joint = robot.description.joints[joint].parent
    return joints


def _spoil(make: Callable[[], SensorFault], duration: float) -> tuple[Event, Event]:
    """A fault begins and ends; each run gets its own, for a fault has a memory."""

    def begin(_: WalkingController, simulation: Simulation) -> None:
        simulation.sensor_fault = make()

    def end(_: WalkingController, simulation: Simulation) -> None:
        simulation.sensor_fault = None

    return Event(_FAULT_TIME, begin), Event(_FAULT_TIME + duration, end)


def _reached(log: Log, ground: Terrain) -> bool:
    """Whether the base crossed the goal's line near the goal."""
    if ground.goal is None:
        return True
    near = np.abs(log.q[:, 1] - ground.goal[1]) <= _GOAL_WIDTH
    return bool(((log.q[:, 0] >= ground.goal[0]) & near).any())


_SUMMARISED = (
    "rmse_stride_vx",
    "rmse_stride_vy",
    "rmse_stride_yaw_rate",
    "bias_vx",
    "bias_yaw_rate",
    "height_std",
    "roll_rms_deg",
    "pitch_rms_deg",
    "slip",
    "cost_of_transport",
    "torque_saturation",
    "real_time_factor",
)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row for all the seeds of a scenario: successes, and medians of the other figures."""
    figures: dict[str, Any] = {
        "group": rows[0]["group"],
        "scenario": rows[0]["scenario"],
        "runs": len(rows),
        "successes": sum(bool(row["success"]) for row in rows),
        "falls": [row["fall"]["reason"] for row in rows if row["fall"] is not None],
    }
    for name in _SUMMARISED:
        values = [row[name] for row in rows if row[name] is not None]
        figures[name] = float(np.median(values)) if values else None
    return figures
