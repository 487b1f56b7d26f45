"""The standard set of scenarios, as data, and how one of them is run and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from surefoot.data import InputError, VelocityCommand
from surefoot.robots import STAND_GAIT, RobotModel
from surefoot.sim import terrain
from surefoot.sim.fault_scenarios import fault_scenarios
from surefoot.sim.log import Log
from surefoot.sim.plant import Payload
from surefoot.sim.scenario import (
    GIVEN_UP,
    Event,
    Tick,
    WalkingController,
    WalkResult,
    run_walk,
)
from surefoot.sim.scenario_data import FAULT_TIME, NOTICE_TIME, Scenario
from surefoot.sim.simulation import Simulation
from surefoot.sim.stand_scenario import stand_scenario
from surefoot.sim.terrain import Terrain
from surefoot.sim.walk_figures import COMMAND_TIME

_GAIT_TIME = 3.0  # s of each gait in the sequence of gaits
_TERRAIN_SPEED = 0.4  # m/s
_GOAL_SLACK = 1.6  # a run over terrain lasts so many times its length at the commanded speed
_GOAL_WIDTH = 1.0  # m to either side of the goal that still count

MakeController = Callable[[RobotModel], WalkingController]


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
        Its metrics have further keys: ``group``, ``scenario``, ``end_phase``, ``torque_peak`` and
        ``torque_jump`` (share of a joint's limit reached after a fault, and most by which one
        command changed a torque while it was noticed), those of ``scenario.measure``, and
        ``success`` (no fall, the terrain's goal reached where it has one, not stopped and no
        torque too high where asked for).
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
        events=(*scenario.events, *(scenario.make_events or _none)(seed)),
        may_stop=scenario.may_stop,
        lying=scenario.lying,
        true_state=true_state,
        on_tick=on_tick,
    )
    result.log.info.update(group=scenario.group, scenario=scenario.name)
    log = result.log
    after = log.window(FAULT_TIME)
    peak = float(np.max(np.abs(after.joint_torque) / robot.effort_limit, initial=0.0))
    jumps = log.window(FAULT_TIME, FAULT_TIME + NOTICE_TIME).torque_jump
    jump = float(np.max(jumps, initial=0.0))
    success = (
        bool(result.metrics["survived"])
        and _reached(log, simulation.terrain)
        and (scenario.may_stop or log.phase[-1] not in GIVEN_UP)
        and (scenario.torque_peak is None or peak < scenario.torque_peak)
        and (scenario.torque_jump is None or jump < scenario.torque_jump)
    )
    figures = {
        "group": scenario.group,
        "scenario": scenario.name,
        "success": success,
        "end_phase": str(log.phase[-1]),
        "torque_peak": peak,
        "torque_jump": jump,
    }
    measured = {} if scenario.measure is None else scenario.measure(log)
    return WalkResult(result.run, {**figures, **result.metrics, **measured})


def _none(_: int) -> tuple[Event, ...]:
    return ()


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
    scenarios = [
        *([stand_scenario()] if STAND_GAIT in robot.config.gaits else []),
        *_velocities(gait),
        *_gaits(robot, gait),
        *_slopes(gait),
        *_rough(gait),
        *_payloads(robot, gait),
        *fault_scenarios(robot, gait),
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
    "height_gain",
    "height_lag",
    "height_error",
    "roll_rms_deg",
    "pitch_rms_deg",
    "slip",
    "cost_of_transport",
    "torque_saturation",
    "torque_peak",
    "torque_jump",
    "real_time_factor",
)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row for all the seeds of a scenario: successes, and medians of the other figures."""
    figures: dict[str, Any] = {
        "group": rows[0]["group"],
        "scenario": rows[0]["scenario"],
        "runs": len(rows),
        "successes": sum(bool(row["success"]) for row in rows),
        "end_phases": dict(Counter(row["end_phase"] for row in rows)),
        "falls": [row["fall"]["reason"] for row in rows if row["fall"] is not None],
    }
    for name in _SUMMARISED:
        values = [row[name] for row in rows if row.get(name) is not None]
        figures[name] = float(np.median(values)) if values else None
    return figures
