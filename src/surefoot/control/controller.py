"""The control loop in one object: sensors in, joint command out."""

from __future__ import annotations

import logging

import numpy as np

from surefoot._cpp import control as _control
from surefoot.control.health import CheckHealth
from surefoot.control.options import ControllerOptions, control_options
from surefoot.control.parameters import Parameters
from surefoot.control.phases import Phase, Transition
from surefoot.control.raw_tick import RawTick
from surefoot.control.sensor_check import check_sensors
from surefoot.control.timings import Timings
from surefoot.data import (
    POSTURE_FIELDS,
    Array,
    InputError,
    JointCommand,
    Plan,
    PlanSample,
    PostureCommand,
    RobotState,
    SensorData,
    VelocityCommand,
    finite_number,
    instance_of,
)
from surefoot.estimation import StateEstimator, make_estimator
from surefoot.mpc import make_plan
from surefoot.robots import STAND_GAIT, RobotModel
from surefoot.wbc import WholeBodyController

logger = logging.getLogger(__name__)


class Controller:
    """Makes a robot stand up, stand, walk and sit down.

    The whole tick runs in C++ (cpp_ext/control); this class converts and logs.

    Parameters
    ----------
    robot
        The robot; all gains and weights come from its file.
    options
        Choices of this controller.

    Attributes
    ----------
    command
        Wanted base velocity in the heading frame; may change at any tick.
    gait
        Name of the wanted gait, of ``robot.config.gaits``; ``"stand"`` stands.
    state
        Estimated state after the last tick, None before the first.
    plan
        The latest plan, None while none is needed.
    timings
        What the last tick and solve cost.
    """

    def __init__(self, robot: RobotModel, options: ControllerOptions | None = None) -> None:
        self.robot = instance_of("robot", robot, RobotModel)
        self.options = options or ControllerOptions()
        self._core_options = control_options(robot, self.options)
        self._gaits = [gait.name for gait in self._core_options.nmpc.gaits]
        self.reset()

    def reset(self) -> None:
        """Forget everything and start again in the passive phase (also out of a fault)."""
        robot = self.robot
        self._command, self._posture = VelocityCommand(), PostureCommand()
        self._estimator = make_estimator(robot)
        self._wbc = WholeBodyController(robot, mode=self.options.wbc_mode)
        self._core = _control.ControllerCore(
            robot.description, self._core_options, self._estimator.kernel, self._wbc.kernel
        )
        self._parameters = Parameters(self._core)
        self._machine = self._core.machine
        self._history: list[Transition] = []
        self._seen = (0, 0, 0, 0, False)
        self._wbc_failing = False
        self._true_state: RobotState | None = None
        self._events = 0
        self.gait = STAND_GAIT

    # -- what the user sets and reads ---------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """What the controller is doing."""
        return Phase(self._core.phase)

    @property
    def history(self) -> list[Transition]:
        """Every change of phase so far, with its reason."""
        return list(self._history)

    @property
    def refusal(self) -> Transition | None:
        """The latest change of phase that a guard refused, with its reason; None if there is
        none."""
        machine = self._machine
        return _transition(machine.refusal) if machine.refusals else None

    @property
    def command(self) -> VelocityCommand:
        """Wanted base velocity in the heading frame."""
        return self._command

    @command.setter
    def command(self, value: VelocityCommand) -> None:
        self._command = instance_of("command", value, VelocityCommand)
        self._core.set_command(value.vx, value.vy, value.yaw_rate)

    @property
    def posture(self) -> PostureCommand:
        """Wanted pose of the base while standing, off the standing pose; smoothed."""
        return self._posture

    @posture.setter
    def posture(self, value: PostureCommand) -> None:
        instance_of("posture", value, PostureCommand)
        config = self.robot.config.control
        for name in POSTURE_FIELDS:
            turns = name in ("roll", "pitch", "yaw")
            most = np.deg2rad(config.posture_angle_deg) if turns else config.posture_shift
            if abs(getattr(value, name)) > most:
                unit = "rad" if turns else "m"
                raise InputError(f"posture.{name}", f"is beyond {most:.3g} {unit} either way")
        self._posture = value
        self._core.set_posture(
            value.forward, value.sway, value.height, value.roll, value.pitch, value.yaw
        )

    @property
    def health(self) -> dict[str, CheckHealth]:
        """What the safety checks have seen, by their names in the robot file's ``[safety]``."""
        return {name: CheckHealth(*values) for name, values in self._core.health().items()}

    @property
    def contact_mismatches(self) -> tuple[int, int]:
        """How many touch-downs so far came before their time, and how many were missed."""
        return self._core.early_contacts, self._core.late_contacts

    @property
    def gait(self) -> str:
        """Wanted gait."""
        return self._gait

    @gait.setter
    def gait(self, name: str) -> None:
        if name not in self._gaits:
            known = ", ".join(self._gaits)
            raise InputError("gait", f"{self.robot.name} has no gait {name!r}", f"known: {known}")
        self._gait = name
        self._core.set_gait(self._gaits.index(name))

    @property
    def state(self) -> RobotState | None:
        """The state that the last tick used; None before there is one."""
        if not self._core.estimating:
            return None
        return self._estimator.state if self._true_state is None else self._true_state

    @property
    def wants_to_stand(self) -> bool:
        """Whether `stand` was called, and not `sit` after it."""
        return self._core.wants_to_stand

    @property
    def wants_to_damp(self) -> bool:
        """Whether `damp` was called, and not `stand` after it."""
        return self._core.wants_to_damp

    @property
    def plan(self) -> Plan | None:
        """The latest plan of the NMPC."""
        values = self._core.plan()
        return None if values is None else make_plan(values)

    @property
    def sample(self) -> PlanSample | None:
        """What the whole-body controller tracked in the last tick; None before it first did."""
        values = self._core.sample()
        return None if values is None else PlanSample(*values)

    def raw(self, plan: bool) -> RawTick:
        """What there is to log of the last tick, as it comes from C++.

        Parameters
        ----------
        plan
            Whether the plan is wanted too.
        """
        core = self._core
        return RawTick(core.sample(), core.health(), core.plan_nodes() if plan else None)

    @property
    def timings(self) -> Timings:
        """What the last tick and solve cost."""
        ticked, planned = self._core.timings, self._core.planner_status
        timings = Timings(
            step_us=self._core.step_us,
            estimation_us=ticked.estimation_us,
            wbc_us=ticked.wbc_us,
            allocations=ticked.allocations,
        )
        if planned is not None:
            timings.nmpc_ms = planned.solve_time * 1e3 if planned.solved else None
            timings.solves, timings.failed_solves = planned.solves, planned.failed
            timings.late_solves = planned.late
            if planned.solves and self.phase in (Phase.WALK, Phase.STOP):
                timings.plan_age_ms = 1e3 * (self._core.acting_time - planned.start)
        return timings

    @property
    def estimator(self) -> StateEstimator:
        """The state estimator, to look at; `reset` makes a new one."""
        return self._estimator

    @property
    def estimator_inputs(self) -> tuple[Array, Array]:
        """What the estimator was told beside the sensors in the last tick, NaN where nothing:
        planned contacts (nc,) and joint torques (nj,)."""
        planned, torque = self._core.seen()
        return planned, torque

    @property
    def wbc(self) -> WholeBodyController:
        """The whole-body controller, whose tasks' gains may be changed; `reset` makes a new one."""
        return self._wbc

    @property
    def parameters(self) -> Parameters:
        """Gains and weights by name, to be read and changed while the robot moves."""
        return self._parameters

    def stand(self) -> None:
        """Stand up from lying or sitting, as soon as the guards allow it (see `refusal`)."""
        self._core.stand()

    def sit(self) -> None:
        """Lie down from standing; a walking robot stops first."""
        self._core.sit()
        self._command = VelocityCommand()
        self._gait = STAND_GAIT

    def damp(self) -> None:
        """Only damp the joints, at once and from any phase; `stand` leaves it."""
        self._core.damp()

    def stall(self, duration: float) -> None:
        """For tests of faults: the NMPC gives no new plan for `duration` s from now on."""
        self._core.stall_planner(finite_number("duration", duration))

    # -- the hot loop -------------------------------------------------------------------------

    def step(self, sensors: SensorData, true_state: RobotState | None = None) -> JointCommand:
        """One control tick.

        Parameters
        ----------
        sensors
            What the robot measured; its time must go forward from call to call.
        true_state
            Used instead of the estimate where given (simulation only, to tell causes apart).

        Returns
        -------
        JointCommand
            Finite and within the limits of the robot's joints, always.

        Raises
        ------
        InputError
            If a field of `sensors` has the wrong shape or its time does not go forward.
        """
        try:
            position, velocity, kp, kd, torque, events = self._core.step(sensors, true_state)
        except (AttributeError, TypeError, ValueError, RuntimeError) as error:
            check_sensors(self.robot, sensors, self._core.last_time)
            raise InputError("true_state", str(error)) from None
        self._true_state = true_state
        if events != self._events:
            self._events = events
            self._report(sensors.time)
        return JointCommand(position, velocity, kp, kd, torque)

    def _report(self, time: float) -> None:
        """Log what is new since the last tick."""
        machine, planned = self._machine, self._core.planner_status
        failed = 0 if planned is None else planned.failed
        refused = planned is not None and not planned.scheduled
        count, refusals, solves, ticks, known = self._seen
        self._seen = (machine.count, machine.refusals, failed, self._core.wbc_failures, refused)
        for change in machine.changes(count):
            item = _transition(change)
            self._history.append(item)
            logger.info(
                "%s -> %s at %.3f s: %s",
                item.before.value,
                item.after.value,
                item.time,
                item.reason,
            )
        if machine.refusals != refusals:
            item = _transition(machine.refusal)
            logger.info("no %s from %s: %s", item.after.value, item.before.value, item.reason)
        if failed != solves and planned is not None:
            row = planned.failed_in_row
            if row & (row - 1) == 0:  # the first, second, fourth, ...: no flood
                logger.warning("NMPC failed at %.3f s, %d in a row", time, row)
        if refused and not known:
            logger.warning(
                "the NMPC's thread runs without thread_priority %d and thread_cpu %s: the system "
                "refused (a priority needs CAP_SYS_NICE or an rtprio limit, see limits.conf; the "
                "CPU must be one of those that this process may use)",
                self.options.thread_priority,
                self.options.thread_cpu,
            )
        failing = self._core.wbc_failures != ticks
        if failing and not self._wbc_failing:
            logger.warning("whole-body controller fails from %.3f s on", time)
        self._wbc_failing = failing


def _transition(change: _control.Transition) -> Transition:
    return Transition(change.time, Phase(change.before), Phase(change.after), change.text)
