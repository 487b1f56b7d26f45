"""The control loop in one object: sensors in, joint command out."""

from __future__ import annotations

import logging
import time as clock
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from surefoot.control.commands import damping_command, posture_command
from surefoot.control.motions import FixedContactMotion, JointMotion
from surefoot.control.phases import Phase, PhaseMachine
from surefoot.control.sensor_check import check_sensors
from surefoot.control.timings import Timings
from surefoot.control.walking import Walker
from surefoot.data import (
    Array,
    EstimatorStatus,
    InputError,
    JointCommand,
    Plan,
    PlanSample,
    RobotState,
    SensorData,
    VelocityCommand,
    instance_of,
)
from surefoot.estimation import StateEstimator, make_estimator
from surefoot.robots import STAND_GAIT, RobotModel
from surefoot.wbc import WbcStatus, WholeBodyController

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ControllerOptions:
    """Choices of one controller that are not the robot's.

    Attributes
    ----------
    wbc_mode
        ``"weighted"`` or ``"strict"``.
    step_in_place
        Whether a walking gait keeps stepping at zero command instead of standing.
    hold_at_start
        Whether the joints are held by their motors until `Controller.stand` (a humanoid put on
        its feet), or only damped (a quadruped lying on the ground).
    """

    wbc_mode: Literal["weighted", "strict"] = "weighted"
    step_in_place: bool = False
    hold_at_start: bool = False


class Controller:
    """Makes a robot stand up, stand, walk and sit down.

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
        self.reset()

    def reset(self) -> None:
        """Forget everything and start again in the passive phase (also out of a fault)."""
        robot = self.robot
        self.state: RobotState | None = None
        self.timings = Timings()
        self.sample: PlanSample | None = None
        self._command = VelocityCommand()
        self._gait = STAND_GAIT
        self._machine = PhaseMachine()
        self._estimator = make_estimator(robot)
        self._wbc = WholeBodyController(robot, mode=self.options.wbc_mode)
        walks = any(gait.duty < 1.0 for gait in robot.config.gaits.values())
        self._walker = Walker(robot, self.timings) if walks else None
        self._joint_motion: JointMotion | None = None
        self._motion: FixedContactMotion | None = None
        self._wants_to_stand = False
        self._start_time: float | None = None
        self._last_time = -np.inf
        self._hold: Array | None = None
        self._last_torque: Array | None = None

    # -- what the user sets and reads ---------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """What the controller is doing."""
        return self._machine.phase

    @property
    def history(self) -> list[object]:
        """Every change of phase so far, with its reason."""
        return list(self._machine.history)

    @property
    def command(self) -> VelocityCommand:
        """Wanted base velocity in the heading frame."""
        return self._command

    @command.setter
    def command(self, value: VelocityCommand) -> None:
        self._command = instance_of("command", value, VelocityCommand)

    @property
    def gait(self) -> str:
        """Wanted gait."""
        return self._gait

    @gait.setter
    def gait(self, name: str) -> None:
        if name not in self.robot.config.gaits:
            known = ", ".join(self.robot.config.gaits)
            raise InputError("gait", f"{self.robot.name} has no gait {name!r}", f"known: {known}")
        self._gait = name

    @property
    def wants_to_stand(self) -> bool:
        """Whether `stand` was called, and not `sit` after it."""
        return self._wants_to_stand

    @property
    def plan(self) -> Plan | None:
        """The latest plan of the NMPC."""
        return self._walker.plan if self._walker is not None else None

    @property
    def estimator(self) -> StateEstimator:
        """The state estimator, to look at; `reset` makes a new one."""
        return self._estimator

    @property
    def wbc(self) -> WholeBodyController:
        """The whole-body controller, whose tasks' gains may be changed; `reset` makes a new one."""
        return self._wbc

    def stand(self) -> None:
        """Stand up from lying or sitting, as soon as the state estimate has settled."""
        self._wants_to_stand = True

    def sit(self) -> None:
        """Lie down from standing; a walking robot stops first."""
        self._wants_to_stand = False
        self._command = VelocityCommand()
        self._gait = STAND_GAIT

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
            Finite and within the robot's torque limits, always.

        Raises
        ------
        InputError
            If a field of `sensors` has the wrong shape or its time does not go forward.
        """
        begin = clock.thread_time_ns()
        check_sensors(self.robot, sensors, self._last_time)
        self.timings.nmpc_ms = None
        self._last_time = sensors.time
        estimate = self._estimate(sensors)
        if estimate is None:
            return self._before_estimate(sensors)
        self.state = state = true_state if true_state is not None else estimate
        self.timings.estimation_us = (clock.thread_time_ns() - begin) * 1e-3

        self._watch(state)
        command = self._tick(state)
        command = self._checked(command, state)
        self.timings.step_us = (clock.thread_time_ns() - begin) * 1e-3
        return command

    def _estimate(self, sensors: SensorData) -> RobotState | None:
        """The estimator's state; None until a first sample fits to start from."""
        if self._start_time is not None:
            return self._estimator.update(sensors, self._planned_contact(), self._last_torque)
        try:
            state = self._estimator.reset(sensors)
        except InputError as error:
            logger.info("no state estimate yet: %s", error)
            return None
        self._start_time = sensors.time
        return state

    def _before_estimate(self, sensors: SensorData) -> JointCommand:
        joints = np.nan_to_num(np.asarray(sensors.joint_position, dtype=float))
        return self._rest(joints)

    def _rest(self, joints: Array) -> JointCommand:
        """Damp the joints, or hold them where they were first seen."""
        if not self.options.hold_at_start:
            return damping_command(self.robot, joints)
        if self._hold is None:
            self._hold = joints.copy()
        return posture_command(self.robot, self._hold, np.zeros(self.robot.nj))

    def _tick(self, state: RobotState) -> JointCommand:
        phase = self.phase
        if phase is Phase.PASSIVE:
            return self._passive(state)
        if phase is Phase.STAND_UP:
            return self._stand_up(state)
        if phase is Phase.STAND:
            return self._stand(state)
        if phase is Phase.WALK:
            return self._walk(state)
        if phase is Phase.SIT:
            return self._sit(state)
        return damping_command(self.robot, state.q[7:])

    # -- phases -------------------------------------------------------------------------------

    def _passive(self, state: RobotState) -> JointCommand:
        config = self.robot.config.control
        settled = state.time - self._machine.since >= config.settle_time
        started = self._start_time is not None and state.time - self._start_time >= (
            config.settle_time
        )
        ready = state.status is not EstimatorStatus.INITIALIZING
        if self._wants_to_stand and settled and started and ready:
            self._begin_stand_up(state)
        return self._rest(state.q[7:])

    def _begin_stand_up(self, state: RobotState) -> None:
        robot, config = self.robot, self.robot.config.control
        joints, nominal, lying = state.q[7:], robot.q_nominal[7:], robot.q_lying[7:]
        self._machine.enter(Phase.STAND_UP, state.time, "stand() was called")
        standing = np.linalg.norm(joints - nominal) <= np.linalg.norm(joints - lying)
        if standing:
            self._joint_motion = None
            self._motion = self._rise(state)
        else:
            self._joint_motion = JointMotion(state.time, joints, lying, config.fold_time)
            self._motion = None

    def _rise(self, state: RobotState) -> FixedContactMotion:
        robot = self.robot
        return FixedContactMotion(
            robot,
            state,
            robot.q_nominal[7:],
            robot.config.posture.height,
            robot.config.control.rise_time,
        )

    def _stand_up(self, state: RobotState) -> JointCommand:
        if self._joint_motion is not None:
            if state.time < self._joint_motion.end_time:
                return posture_command(self.robot, *self._joint_motion.sample(state.time))
            self._joint_motion = None
            self._motion = self._rise(state)
        assert self._motion is not None
        if state.time >= self._motion.end_time:
            self._machine.enter(Phase.STAND, state.time, "the standing posture is reached")
        return self._track(state, self._motion.sample(state.time))

    def _stand(self, state: RobotState) -> JointCommand:
        assert self._motion is not None
        if not self._wants_to_stand:
            self._begin_sit(state)
        elif self._wants_to_walk() and self._machine.enter(
            Phase.WALK, state.time, f"gait {self._gait}, command {self._command}"
        ):
            assert self._walker is not None
            self._walker.begin(state)
            return self._walk(state)
        return self._track(state, self._motion.sample(state.time))

    def _wants_to_walk(self) -> bool:
        if self._walker is None or self.robot.config.gaits[self._gait].duty >= 1.0:
            return False
        return self.options.step_in_place or self._command != VelocityCommand()

    def _walk(self, state: RobotState) -> JointCommand:
        walker = self._walker
        assert walker is not None
        if self._wants_to_walk():
            sample = walker.step(state, self._command, self._gait)
        else:
            sample = walker.step(state, VelocityCommand(), STAND_GAIT)
        if walker.at_rest(state.time):
            self._motion = self._rise(state)
            self._machine.enter(Phase.STAND, state.time, "no command, every foot is down")
        return self._track(state, sample)

    def _begin_sit(self, state: RobotState) -> None:
        robot, config = self.robot, self.robot.config.control
        self._machine.enter(Phase.SIT, state.time, "sit() was called")
        height = float(robot.lying_height)
        self._motion = FixedContactMotion(robot, state, robot.q_lying[7:], height, config.sit_time)

    def _sit(self, state: RobotState) -> JointCommand:
        assert self._motion is not None
        if state.time >= self._motion.end_time:
            self._hold = None
            self._motion = None
            self._machine.enter(Phase.PASSIVE, state.time, "lying")
            return damping_command(self.robot, state.q[7:])
        return self._track(state, self._motion.sample(state.time))

    # -- shared -------------------------------------------------------------------------------

    def _track(self, state: RobotState, sample: PlanSample) -> JointCommand:
        robot, gains = self.robot, self.robot.config.wbc
        self.sample = sample
        result = self._wbc.solve(state, sample, self._contacts(sample))
        self.timings.wbc_us = result.time_us
        if result.status is WbcStatus.FAILED:
            logger.warning("whole-body controller failed at %.3f s", state.time)
        in_swing = robot.joints_of_contacts(~np.asarray(sample.contacts, dtype=bool))
        kp = np.where(in_swing, gains.swing_joint_kp, gains.joint_kp)
        kd = np.where(in_swing, gains.swing_joint_kd, gains.joint_kd)
        return JointCommand(
            sample.joint_position, sample.joint_velocity, kp, kd, np.asarray(result.torque)
        )

    def _contacts(self, sample: PlanSample) -> npt.NDArray[np.bool_]:
        """Contacts that carry force now: as planned."""
        return np.asarray(sample.contacts, dtype=bool)

    def _planned_contact(self) -> Array | None:
        if self.phase in (Phase.PASSIVE, Phase.FAULT) or self.sample is None:
            return None
        return np.asarray(self.sample.contacts, dtype=float)

    def _watch(self, state: RobotState) -> None:
        """Give up where nothing else can help."""
        if self.phase in (Phase.PASSIVE, Phase.FAULT):
            return
        x, y = state.q[3], state.q[4]
        vertical = 1.0 - 2.0 * (x * x + y * y)  # z component of the base's z axis
        limit = self.robot.config.control.tilt_limit_deg
        if vertical < np.cos(np.deg2rad(limit)):
            self._machine.enter(Phase.FAULT, state.time, f"tilted more than {limit:g} deg")

    def _checked(self, command: JointCommand, state: RobotState) -> JointCommand:
        """Nothing that is not finite or beyond the torque limits leaves the controller."""
        fields = (command.position, command.velocity, command.kp, command.kd, command.torque)
        if not all(np.isfinite(item).all() for item in fields):
            self._machine.enter(Phase.FAULT, state.time, "the joint command was not finite")
            command = damping_command(self.robot, np.nan_to_num(state.q[7:]))
        limit = self.robot.effort_limit
        command.torque = np.clip(command.torque, -limit, limit)
        self._last_torque = command.torque
        return command
