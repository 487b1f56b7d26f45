"""What the estimators are measured on: closed-loop runs, recorded once and replayed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from surefoot.cli._posture_controller import BaseMotion, PostureController
from surefoot.control import Controller, ControllerOptions
from surefoot.data import JointCommand, RobotState, SensorData, VelocityCommand
from surefoot.estimation import SensorLog
from surefoot.robots import STAND_GAIT, RobotModel
from surefoot.sim import Payload, Simulation, WalkResult, run_walk, terrain
from surefoot.sim.scenario import Tick
from surefoot.sim.terrain import Terrain
from surefoot.sim.walk_figures import COMMAND_TIME, SETTLE_TIME

# Physics step, s. MuJoCo moves positions with the velocities of the step's end, so a standing foot
# seems to move by the step times its centripetal acceleration: 4 mm/s at 1 m/s and a step of 1 ms,
# more than the estimator's own error. It also sets how stiff contact is, and with that how far a
# standing foot creeps (see `plant`).
TIMESTEP = 2.5e-4
_WRONG_FLAGS = 0.1  # fraction of the time that the told contact is wrong
_WRONG_FLAG_TIME = 0.05  # s that a wrong flag lasts
_SHORT = 8.0  # m walked in scenarios that are not about drift
_STANDING = 12.0  # s


@dataclass(frozen=True)
class EstimationScenario:
    """One row of the benchmark.

    Attributes
    ----------
    name
        Of the row.
    command, gait
        Set 1 s after the robot stands.
    duration
        s after the robot stands.
    make_terrain
        The ground for a seed; None is flat.
    payload
        On the base.
    motion
        Of the base of a robot that only stands; None leaves the robot to its controller.
    spoilt
        A further row of this name, from the same runs with wrong contact flags; None is no such.
    for_drift
        Long, and repeated more often than the others.
    """

    name: str
    command: VelocityCommand
    gait: str
    duration: float
    make_terrain: Callable[[int], Terrain] | None = None
    payload: Payload | None = None
    motion: BaseMotion | None = None
    spoilt: str | None = None
    for_drift: bool = False


def scenarios(robot: RobotModel, distance: float) -> list[EstimationScenario]:
    """The robot's set; `distance` (m) is what the trots for drift walk."""
    if "trot" not in robot.config.gaits:
        return _standing() + _walking(robot)

    def trot(
        name: str, length: float, speed: float = 0.5, yaw_rate: float = 0.0, **more: Any
    ) -> EstimationScenario:
        command = VelocityCommand(vx=speed, yaw_rate=yaw_rate)
        duration = COMMAND_TIME + SETTLE_TIME + length / speed
        return EstimationScenario(name, command, "trot", duration, **more)

    com = np.asarray(robot.description.base.com)
    payload = Payload(0.2 * robot.mass, (float(com[0]), float(com[1]) + 0.05, float(com[2])))
    return [
        trot("trot 0.5", distance, spoilt="wrong flags", for_drift=True),
        trot("trot 1.0", distance, speed=1.0, for_drift=True),
        trot("turn", distance, yaw_rate=0.5, for_drift=True),
        trot("slope 10", _SHORT, make_terrain=lambda _: terrain.slope(np.deg2rad(10.0), "up")),
        trot("stairs 5", _SHORT, make_terrain=lambda _: terrain.stairs(0.05, "up")),
        trot("slippery", _SHORT, make_terrain=lambda s: terrain.friction_patches(0.085, seed=s)),
        trot("payload", _SHORT, payload=payload),
    ]


def _standing() -> list[EstimationScenario]:
    motions = {
        "standing": BaseMotion(),
        "swaying": BaseMotion((0.03, 0.0, 0.0)),
        "squatting": BaseMotion((0.0, 0.0, 0.05)),
        "shifting weight": BaseMotion((0.0, 0.05, 0.0)),
    }
    return [
        EstimationScenario(name, VelocityCommand(), STAND_GAIT, _STANDING, motion=motion)
        for name, motion in motions.items()
    ]


def _walking(robot: RobotModel) -> list[EstimationScenario]:
    return [
        EstimationScenario(f"{gait} 0.3", VelocityCommand(vx=0.3), gait, _STANDING)
        for gait in robot.walking_gaits
        if gait == "walk"
    ]


class _Recording:
    """A controller whose estimator's inputs are kept for replay."""

    def __init__(self, controller: Any) -> None:
        self.controller, self.log = controller, SensorLog()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.controller, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("command", "gait"):
            setattr(self.controller, name, value)
        else:
            object.__setattr__(self, name, value)

    def step(self, sensors: SensorData, true_state: RobotState | None = None) -> JointCommand:
        command: JointCommand = self.controller.step(sensors, true_state)
        if self.controller.state is not None:
            planned, torque = (
                inputs if np.isfinite(inputs).all() else None
                for inputs in self.controller.estimator_inputs
            )
            self.log.append(sensors, planned, torque)
        return command


def record(
    robot: RobotModel,
    scenario: EstimationScenario,
    seed: int,
    true_state: bool = False,
    on_tick: Callable[[Tick], None] | None = None,
) -> tuple[WalkResult, SensorLog]:
    """Run a scenario in closed loop; the log holds one sample a tick of the result's log."""
    ground = None if scenario.make_terrain is None else scenario.make_terrain(seed)
    simulation = Simulation(
        robot, seed=seed, timestep=TIMESTEP, terrain=ground, payload=scenario.payload
    )
    controller: Any
    if scenario.motion is not None:
        controller = PostureController(robot, scenario.motion)
    else:
        controller = Controller(robot, ControllerOptions(hold_at_start=not robot.can_lie))
    recording = _Recording(controller)
    result = run_walk(
        robot,
        recording,
        simulation,
        command=scenario.command,
        gait=scenario.gait,
        duration=scenario.duration,
        seed=seed,
        lying=robot.can_lie and scenario.motion is None,
        true_state=true_state,
        on_tick=on_tick,
    )
    return result, recording.log


def with_wrong_flags(robot: RobotModel, log: SensorLog, seed: int) -> SensorLog:
    """The log with the plan's and the feet's contact wrong for a tenth of the time, in bouts."""
    random, until = np.random.default_rng(seed), np.full(robot.nc, -np.inf)
    chance = _WRONG_FLAGS / (1.0 - _WRONG_FLAGS) / _WRONG_FLAG_TIME / robot.config.control.rate
    load = 2.0 * robot.mass * 9.81 / robot.nc  # on a foot that stands while others swing
    spoilt = SensorLog()
    for sample, contacts, torque in zip(
        log.samples, log.planned_contact, log.commanded_torque, strict=True
    ):
        sensors, planned = sample, contacts
        if planned is not None:
            start = (random.random(robot.nc) < chance) & (sensors.time >= until)
            until[start] = sensors.time + _WRONG_FLAG_TIME
            wrong = sensors.time < until
            planned = np.where(wrong, 1.0 - planned, planned)
            if sensors.foot_force is not None:
                flipped = np.where(sensors.foot_force > load / 4.0, 0.0, load)
                sensors = replace(sensors, foot_force=np.where(wrong, flipped, sensors.foot_force))
        spoilt.append(sensors, planned, torque)
    return spoilt
