"""Runs of a controller in simulation: stand up, then whatever the events of the run ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from surefoot.data import (
    InputError,
    JointCommand,
    RobotState,
    SensorData,
    SimulationError,
    SurefootError,
    VelocityCommand,
    finite_number,
)
from surefoot.robots import RobotModel
from surefoot.sim import metrics
from surefoot.sim.falls import Fall, FallDetector
from surefoot.sim.log import Log, Recorder
from surefoot.sim.simulation import Simulation

_LOG = logging.getLogger(__name__)

COMMAND_TIME = 1.0  # s after standing, when the command comes
SETTLE_TIME = 2.0  # s after the command, when the metrics begin
_STAND_UP_LIMIT = 15.0  # s


class WalkingController(Protocol):
    """What a run needs of a controller; `surefoot.control.Controller` is one."""

    command: VelocityCommand
    gait: str

    @property
    def phase(self) -> str: ...

    @property
    def state(self) -> RobotState | None: ...

    @property
    def plan(self) -> Any: ...

    @property
    def timings(self) -> Any: ...

    def stand(self) -> None: ...

    def step(self, sensors: SensorData, true_state: RobotState | None = None) -> JointCommand: ...


@dataclass(frozen=True)
class Event:
    """Something that happens once in a run.

    Attributes
    ----------
    time
        s since the robot stood.
    action
        Called with the controller and the simulation.
    """

    time: float
    action: Callable[[WalkingController, Simulation], None]


@dataclass(frozen=True)
class Tick:
    """What the callback of a run gets after every tick.

    Attributes
    ----------
    time
        s since the robot stood; negative or zero while it stands up.
    duration
        s that the run will last in that time.
    simulation, controller
        Live.
    """

    time: float
    duration: float
    simulation: Simulation
    controller: WalkingController


@dataclass(frozen=True)
class Run:
    """What came of a run.

    Attributes
    ----------
    log
        Every tick.
    fall
        The fall that ended it, or None; its time is s since the robot stood.
    stood
        Whether the robot ever stood.
    """

    log: Log
    fall: Fall | None
    stood: bool


@dataclass(frozen=True)
class WalkResult:
    """A walk: its `Run` and the figures of ``surefoot walk --json``."""

    run: Run
    metrics: dict[str, Any]

    @property
    def log(self) -> Log:
        """Every tick."""
        return self.run.log


def run(
    controller: WalkingController,
    simulation: Simulation,
    *,
    duration: float,
    events: Sequence[Event] = (),
    period: float | None = None,
    lying: bool = True,
    true_state: bool = False,
    on_tick: Callable[[Tick], None] | None = None,
) -> Run:
    """Reset the simulation, let the controller stand up, then run the events.

    Parameters
    ----------
    controller
        Fresh or reset.
    simulation
        Its terrain, sensors, payload, faults are the run's.
    duration
        s after the robot stands.
    events
        What happens, in any order.
    period
        Of the control tick, s; None takes the robot file's control rate.
    lying
        Begin on the ground; else in the nominal posture, on the feet.
    true_state
        Give the controller the truth in place of its estimate.
    on_tick
        Called after every tick.

    Raises
    ------
    InputError
        If an argument is wrong.
    """
    robot = simulation.robot
    period = 1.0 / robot.config.control.rate if period is None else period
    if not finite_number("duration", duration) > 0.0:
        raise InputError("duration", f"{duration} s must be positive")
    info = {
        "robot": robot.name,
        "period": period,
        "timestep": simulation.timestep,
        "true_state": true_state,
        "terrain": simulation.terrain.name,
        "ground": simulation.terrain.to_dict(),
        "joint_names": list(robot.joint_names),
        "contact_names": list(robot.contact_names),
    }
    recorder = Recorder(info)
    pending = sorted(events, key=lambda event: event.time)
    sample = simulation.reset(lying=lying)
    controller.stand()
    zero: float | None = None
    detector: FallDetector | None = None
    fall: Fall | None = None
    while fall is None:
        if zero is None and controller.phase == "stand":
            zero, detector = simulation.time, FallDetector(simulation)
        now = simulation.time - (simulation.time if zero is None else zero)
        if zero is None and simulation.time > _STAND_UP_LIMIT:
            fall = Fall(simulation.time, f"did not stand within {_STAND_UP_LIMIT:g} s")
            break
        if zero is not None:
            if now >= duration - 1e-9:
                break
            while pending and pending[0].time <= now + 1e-9:
                pending.pop(0).action(controller, simulation)
        try:
            command = controller.step(sample, simulation.true_state if true_state else None)
        except SurefootError as error:
            fall = Fall(simulation.time, f"the controller refused a sample: {error}")
            break
        # before the step: truth and estimate of the same instant
        recorder.add(simulation, controller)
        fall = _not_finite(command, simulation.time)
        if fall is not None:
            break
        try:
            sample = simulation.step(command, period)
        except SimulationError as error:
            fall = Fall(simulation.time, str(error))
            break
        if detector is not None:
            fall = detector.check()
        if on_tick is not None:
            on_tick(Tick(now, duration, simulation, controller))
    begin = simulation.time if zero is None else zero
    if fall is not None:
        fall = Fall(fall.time - begin, fall.reason)
        _LOG.info("%s fell at %.3f s: %s", robot.name, fall.time, fall.reason)
    return Run(recorder.finish(begin), fall, zero is not None)


def run_walk(
    robot: RobotModel,
    controller: WalkingController,
    simulation: Simulation,
    *,
    command: VelocityCommand,
    gait: str,
    duration: float,
    seed: int = 0,
    events: Sequence[Event] = (),
    period: float | None = None,
    lying: bool = True,
    true_state: bool = False,
    on_tick: Callable[[Tick], None] | None = None,
) -> WalkResult:
    """Stand up, wait 1 s, walk by a command step, and measure from 2 s after it.

    Parameters
    ----------
    robot, controller, simulation
        See `run`.
    command, gait
        Set 1 s after the robot stands.
    duration
        s after the robot stands.
    seed
        Of the simulation, for the record.
    events, period, lying, true_state, on_tick
        See `run`.

    Raises
    ------
    InputError
        If an argument is wrong.
    """
    if gait not in robot.config.gaits:
        known = ", ".join(robot.config.gaits)
        raise InputError("gait", f"{robot.name} has no gait {gait!r}", f"known: {known}")

    def start(controller: WalkingController, _: Simulation) -> None:
        controller.gait = gait
        controller.command = command

    result = run(
        controller,
        simulation,
        duration=duration,
        events=[Event(COMMAND_TIME, start), *events],
        period=period,
        lying=lying,
        true_state=true_state,
        on_tick=on_tick,
    )
    result.log.info.update(gait=gait, seed=seed)
    return WalkResult(result, walk_metrics(robot, result, gait=gait, seed=seed, command=command))


def walk_metrics(
    robot: RobotModel,
    result: Run,
    *,
    gait: str,
    seed: int,
    command: VelocityCommand,
    begin: float = COMMAND_TIME + SETTLE_TIME,
) -> dict[str, Any]:
    """Figures of a walk under the keys of ``surefoot walk --json``.

    Parameters
    ----------
    robot
        The robot.
    result
        Of `run`.
    gait, seed, command
        For the record; the log's command is what velocities are compared with.
    begin
        s after the robot stood at which the window begins. Figures of a run that ended before one
        gait period of it are None.
    """
    log = result.log
    period = float(log.info["period"])
    ticks = max(1, round(robot.config.gaits[gait].period / period))
    walked = log.window(0.0)
    figures: dict[str, Any] = {
        "robot": robot.name,
        "gait": gait,
        "seed": seed,
        "command": {"vx": command.vx, "vy": command.vy, "yaw_rate": command.yaw_rate},
        "survived": result.stood and result.fall is None,
        "fall": None
        if result.fall is None
        else {"time_s": result.fall.time, "reason": result.fall.reason},
        "duration_s": float(len(walked) * period),
    }
    window = log.window(begin)
    figures.update(_window_figures(robot, window, ticks, period) if len(window) >= ticks else _NONE)
    cost = walked.step_us
    figures["step_us"] = metrics.distribution(cost)
    figures["nmpc_ms"] = metrics.distribution(walked.nmpc_ms)
    total = float(cost.sum()) * 1e-6
    figures["real_time_factor"] = len(walked) * period / total if total > 0.0 else None
    return figures


_NONE: dict[str, Any] = dict.fromkeys(
    (
        "rmse_vx",
        "rmse_vy",
        "rmse_yaw_rate",
        "rmse_stride_vx",
        "rmse_stride_vy",
        "rmse_stride_yaw_rate",
        "bias_vx",
        "bias_vy",
        "bias_yaw_rate",
        "height_std",
        "roll_rms_deg",
        "pitch_rms_deg",
        "slip",
        "swing_height",
        "cost_of_transport",
        "torque_saturation",
        "estimator",
    )
)


def _window_figures(robot: RobotModel, log: Log, ticks: int, period: float) -> dict[str, Any]:
    velocity = metrics.heading_velocity(log.q, log.v)
    figures: dict[str, Any] = {}
    for name, values in (
        ("rmse", metrics.rmse(velocity, log.command)),
        ("rmse_stride", metrics.rmse_stride(velocity, log.command, ticks)),
        ("bias", metrics.bias(velocity, log.command)),
    ):
        for axis, value in zip(("vx", "vy", "yaw_rate"), values, strict=True):
            figures[f"{name}_{axis}"] = float(value)
    angles = metrics.roll_pitch_yaw(log.q)
    path = metrics.distance(log.q, ticks)
    figures["height_std"] = float(np.std(log.q[:, 2]))
    figures["roll_rms_deg"] = metrics.rms_deg(angles[:, 0])
    figures["pitch_rms_deg"] = metrics.rms_deg(angles[:, 1])
    figures["slip"] = metrics.slip(log.contact_velocities, log.contact_flags)
    figures["swing_height"] = metrics.swing_height(log.contact_positions, log.contact_flags, period)
    figures["cost_of_transport"] = metrics.cost_of_transport(
        log.joint_torque, log.v[:, 6:], period, robot.mass, path
    )
    figures["torque_saturation"] = metrics.torque_saturation(log.joint_torque, robot.effort_limit)
    figures["estimator"] = metrics.estimator_errors(
        log.q, log.v, log.q_estimated, log.v_estimated, ticks
    )
    return figures


def _not_finite(command: JointCommand, time: float) -> Fall | None:
    for name in ("position", "velocity", "kp", "kd", "torque"):
        if not np.isfinite(getattr(command, name)).all():
            return Fall(time, f"the command's {name} is not finite")
    return None
