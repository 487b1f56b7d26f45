"""Moves the base of a standing robot: sway, squat, shift of weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.control import Timings
from surefoot.data import (
    Array,
    EstimatorStatus,
    InputError,
    JointCommand,
    PlanSample,
    RobotState,
    SensorData,
    VelocityCommand,
)
from surefoot.estimation import StateEstimator, make_estimator
from surefoot.robots import STAND_GAIT, RobotModel
from surefoot.wbc import WholeBodyController

_FADE_TIME = 1.0  # s in which the motion grows to its amplitude


@dataclass(frozen=True)
class BaseMotion:
    """A sine of the base about its standing place.

    Attributes
    ----------
    amplitude
        (x, y, z) world axes, m.
    frequency
        Hz.
    """

    amplitude: tuple[float, float, float] = (0.0, 0.0, 0.0)
    frequency: float = 0.5

    def at(self, time: float) -> tuple[Array, Array, Array]:
        """Displacement, velocity and acceleration (3,) at `time` s after the start."""
        amplitude = min(max(time, 0.0) / _FADE_TIME, 1.0) * np.array(self.amplitude)
        rate = 2.0 * np.pi * self.frequency
        sine, cosine = np.sin(rate * time), np.cos(rate * time)
        return amplitude * sine, rate * amplitude * cosine, -(rate**2) * amplitude * sine


class PostureController:
    """A `surefoot.sim.scenario.WalkingController` that stands on its feet and moves its base.

    Parameters
    ----------
    robot
        Standing at the start.
    motion
        Of the base.
    """

    def __init__(self, robot: RobotModel, motion: BaseMotion) -> None:
        self.robot, self.motion = robot, motion
        self.command, self.gait = VelocityCommand(), STAND_GAIT
        self.timings = Timings()
        self.plan: object = None
        self.sample: PlanSample | None = None
        self.state: RobotState | None = None
        self.estimator: StateEstimator = make_estimator(robot)
        self.estimator_inputs: tuple[Array, Array] = (
            np.ones(robot.nc),
            np.full(robot.nj, np.nan),
        )
        self._wbc = WholeBodyController(robot)
        self._hold: Array | None = None

    @property
    def phase(self) -> str:
        """Always ``"stand"``."""
        return "stand"

    def stand(self) -> None:
        """It stands already."""

    def stall(self, duration: float) -> None:
        """It plans nothing that could stall."""

    def step(self, sensors: SensorData, true_state: RobotState | None = None) -> JointCommand:
        """One control tick, as `surefoot.control.Controller.step`."""
        if self._hold is None:
            self._hold = np.array(sensors.joint_position)
        try:
            estimate = self.estimator.update(sensors, self.estimator_inputs[0])
        except InputError:  # put down a moment ago, it is not at rest yet
            return self._at_rest()
        self.state = state = estimate if true_state is None else true_state
        robot = self.robot
        if estimate.status is EstimatorStatus.INITIALIZING and self.sample is None:
            return self._at_rest()
        if self.sample is None:
            self.sample = self._standing(state)
            self._start = state.time
            self._home = self.sample.base_position.copy()
        sample = self.sample
        offset, velocity, acceleration = self.motion.at(state.time - self._start)
        sample.time = state.time
        sample.base_position = self._home + offset
        sample.base_velocity[:3], sample.base_acceleration[:3] = velocity, acceleration
        torque = np.asarray(self._wbc.solve(state, sample, sample.contacts).torque)
        damping = np.full(robot.nj, robot.config.wbc.joint_kd)
        nothing = np.zeros(robot.nj)
        return JointCommand(sample.joint_position, nothing, nothing, damping, torque)

    def _at_rest(self) -> JointCommand:
        """Hold the joints where they were first seen."""
        assert self._hold is not None
        limit, gains, zero = self.robot.effort_limit, self.robot.config.control, 0.0 * self._hold
        return JointCommand(self._hold, zero, gains.hold_kp * limit, gains.hold_kd * limit, zero)

    def _standing(self, state: RobotState) -> PlanSample:
        robot, q = self.robot, np.asarray(state.q)
        frames = robot.contact_frames(q)
        forces = np.zeros((robot.nc, 6))
        forces[:, 2] = 9.81 * robot.mass / robot.nc
        x, y, z, w = q[3:7]
        yaw = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        still = np.zeros((robot.nc, 3))
        return PlanSample(
            time=state.time,
            base_position=q[:3].copy(),
            base_orientation=np.array([0.0, 0.0, np.sin(yaw / 2.0), np.cos(yaw / 2.0)]),
            base_velocity=np.zeros(6),
            base_acceleration=np.zeros(6),
            joint_position=robot.q_nominal[7:].copy(),
            joint_velocity=np.zeros(robot.nj),
            contacts=np.ones(robot.nc, dtype=bool),
            forces=forces,
            contact_position=np.array([frame.translation for frame in frames]),
            contact_velocity=still.copy(),
            contact_acceleration=still.copy(),
            contact_orientation=np.array([_quaternion(frame.rotation) for frame in frames]),
        )


def _quaternion(rotation: Array) -> Array:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_matrix(rotation).as_quat())
