"""Runs of a controller in simulation: stand up, then whatever the events of the run ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from surefoot.control.log import LogWriter
from surefoot.data import (
    Array,
    InputError,
    JointCommand,
    PostureCommand,
    RobotState,
    SensorData,
    SimulationError,
    SurefootError,
    VelocityCommand,
    finite_number,
)
from surefoot.robots import RobotModel
from surefoot.sim.command_check import torque_jump, wrong_command
from surefoot.sim.falls import Fall, FallDetector
from surefoot.sim.log import Log, Recorder, truth_of
from surefoot.sim.simulation import Simulation
from surefoot.sim.walk_figures import COMMAND_TIME, walk_metrics

_LOG = logging.getLogger(__name__)

_STAND_UP_LIMIT = 15.0  # s
_RIGHTING_LIMIT = 120.0  # s, of a robot that has fallen; it may need several rounds
GIVEN_UP = ("passive", "damping", "sit", "fault")  # phases of a robot on its way to the ground


class WalkingController(Protocol):
    """What a run needs of a controller; `surefoot.control.Controller` is one."""

    command: VelocityCommand
    posture: PostureCommand
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

    def stall(self, duration: float) -> None: ...

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
    start: Array | None = None,
    true_state: bool = False,
    may_stop: bool = False,
    on_tick: Callable[[Tick], None] | None = None,
    log: LogWriter | None = None,
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
    start
        (nq,) begin on the ground in this pose instead, as one that has fallen.
    true_state
        Give the controller the truth in place of its estimate.
    may_stop
        Whether a controller that has given up (lies down, or damps its joints) has not fallen
        unless it tilts.
    on_tick
        Called after every tick.
    log
        Where every tick is written too; the caller closes it.

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
    sample = simulation.reset(lying=lying) if start is None else simulation.reset(start, lying=True)
    patience = _STAND_UP_LIMIT if start is None else _RIGHTING_LIMIT
    controller.stand()
    zero: float | None = None
    detector: FallDetector | None = None
    fall: Fall | None = None
    before: JointCommand | None = None
    while fall is None:
        if zero is None and controller.phase == "stand":
            zero, detector = simulation.time, FallDetector(simulation)
        now = simulation.time - (simulation.time if zero is None else zero)
        if zero is None and simulation.time > patience:
            fall = Fall(simulation.time, f"did not stand within {patience:g} s")
            break
        if zero is not None:
            if now >= duration - 1e-9:
                break
            while pending and pending[0].time <= now + 1e-9:
                pending.pop(0).action(controller, simulation)
        truth = simulation.true_state if true_state else None
        try:
            command = controller.step(sample, truth)
        except SurefootError as error:
            fall = Fall(simulation.time, f"the controller refused a sample: {error}")
            break
        # before the step: truth and estimate of the same instant
        jump = torque_jump(robot, before or command, command, simulation.q, simulation.v)
        recorder.add(simulation, controller, jump)
        before = command
        if log is not None:
            log.tick(controller, sample, command, truth_of(simulation), truth_given=true_state)
        problem = wrong_command(robot, command)
        if problem:
            fall = Fall(simulation.time, problem)
            break
        try:
            sample = simulation.step(command, period)
        except SimulationError as error:
            fall = Fall(simulation.time, str(error))
            break
        if detector is not None:
            fall = detector.check(may_stop and controller.phase in GIVEN_UP)
        if on_tick is not None:
            on_tick(Tick(now, duration, simulation, controller))
    begin = simulation.time if zero is None else zero
    if fall is not None:
        fall = Fall(fall.time - begin, fall.reason)
        _LOG.info("%s fell at %.3f s: %s", robot.name, fall.time, fall.reason)
    finished = recorder.finish(begin)
    if log is not None:
        log.info.update(finished.info)
    return Run(finished, fall, zero is not None)


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
    start: Array | None = None,
    true_state: bool = False,
    may_stop: bool = False,
    on_tick: Callable[[Tick], None] | None = None,
    log: LogWriter | None = None,
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
    events, period, lying, start, true_state, may_stop, on_tick, log
        See `run`.

    Raises
    ------
    InputError
        If an argument is wrong.
    """
    if gait not in robot.config.gaits:
        known = ", ".join(robot.config.gaits)
        raise InputError("gait", f"{robot.name} has no gait {gait!r}", f"known: {known}")

    def walk(controller: WalkingController, _: Simulation) -> None:
        controller.gait = gait
        controller.command = command

    result = run(
        controller,
        simulation,
        duration=duration,
        events=[Event(COMMAND_TIME, walk), *events],
        period=period,
        lying=lying,
        start=start,
        true_state=true_state,
        may_stop=may_stop,
        on_tick=on_tick,
        log=log,
    )
    for info in (result.log.info, *([] if log is None else [log.info])):
        info.update(gait=gait, seed=seed)
    return WalkResult(result, walk_metrics(robot, result, gait=gait, seed=seed, command=command))
