"""The hardest push that a walking robot survives, by bisection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from surefoot.data import InputError, VelocityCommand
from surefoot.robots import RobotModel
from surefoot.sim import metrics
from surefoot.sim.scenario import Event, WalkingController, run_walk
from surefoot.sim.scenarios import MakeController
from surefoot.sim.simulation import Simulation
from surefoot.sim.walk_figures import COMMAND_TIME, SETTLE_TIME

PUSH_TIME = 0.1  # s
_WATCH_TIME = 3.0  # s without a fall after the push is survival
_RECOVERED = np.array([0.15, 0.15, 0.3])  # m/s, m/s, rad/s
DIRECTIONS = {"forward": 0.0, "left": 90.0, "backward": 180.0, "right": -90.0}  # deg from heading


@dataclass(frozen=True)
class PushOutcome:
    """What one push did: no fall within 3 s of it; back to the command by then."""

    survived: bool
    recovered: bool


def push_once(
    robot: RobotModel,
    make_controller: MakeController,
    *,
    speed: float,
    direction: str,
    phase: float,
    gait: str = "trot",
    command: VelocityCommand | None = None,
    seed: int = 0,
) -> PushOutcome:
    """Push a walking robot once at its base's centre of mass, for 0.1 s.

    Parameters
    ----------
    robot, make_controller
        See `run_scenario`.
    speed
        Impulse over the robot's mass, m/s.
    direction
        A key of `DIRECTIONS`, seen from the robot.
    phase
        When, in gait periods after a fixed instant of the walk, 0..1.
    gait, command
        To walk with; None is 0.3 m/s forward.
    seed
        Of the sensors.
    """
    if direction not in DIRECTIONS:
        raise InputError("direction", f"{direction!r} is none of {', '.join(DIRECTIONS)}")
    if not (np.isfinite(speed) and speed >= 0.0):
        raise InputError("speed", f"{speed} m/s must be >= 0")
    period = robot.config.gaits[gait].period
    tick = 1.0 / robot.config.control.rate
    time = COMMAND_TIME + SETTLE_TIME + phase * period
    magnitude = speed * robot.mass / PUSH_TIME

    def push(_: WalkingController, simulation: Simulation) -> None:
        yaw = metrics.roll_pitch_yaw(simulation.q[None])[0, 2]
        angle = yaw + np.deg2rad(DIRECTIONS[direction])
        simulation.push(magnitude * np.array([np.cos(angle), np.sin(angle), 0.0]), PUSH_TIME)

    result = run_walk(
        robot,
        make_controller(robot),
        Simulation(robot, seed=seed),
        command=VelocityCommand(vx=0.3) if command is None else command,
        gait=gait,
        duration=time + PUSH_TIME + _WATCH_TIME,
        seed=seed,
        events=[Event(time, push)],
        lying=robot.can_lie,
    )
    survived = bool(result.metrics["survived"])
    recovered = False
    if survived:
        end = result.log.window(result.log.time[-1] - period)
        error = metrics.bias(metrics.heading_velocity(end.q, end.v), end.command)
        recovered = len(end) * tick >= 0.9 * period and bool((np.abs(error) <= _RECOVERED).all())
    return PushOutcome(survived, recovered)


def push_limit(
    survives: Callable[[float], bool], *, resolution: float = 0.05, start: float = 0.5
) -> float:
    """Greatest survived push, m/s, found by doubling and bisection.

    Assumes that what survives a push survives every smaller one.

    Parameters
    ----------
    survives
        Whether a push of this speed, m/s, is survived.
    resolution
        Of the result, m/s.
    start
        First push tried, m/s.
    """
    low, high = 0.0, start
    while survives(high):
        low, high = high, 2.0 * high
        if high > 64.0 * start:
            raise InputError("survives", f"a push of {low} m/s is survived: nothing seems pushed")
    while high - low > resolution:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if survives(middle) else (low, middle)
    return low
