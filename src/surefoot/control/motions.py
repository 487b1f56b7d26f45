"""Motions of a robot that keeps all its contacts: rising, standing, sitting down."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from surefoot.data import Array, PlanSample, RobotState
from surefoot.robots import RobotModel

GRAVITY = 9.81


def smooth_step(fraction: float) -> tuple[float, float, float]:
    """Quintic from 0 to 1 with zero velocity and acceleration at both ends.

    Parameters
    ----------
    fraction
        Of the motion's duration; clipped to [0, 1].

    Returns
    -------
    tuple
        Value and its first and second derivative with respect to `fraction`.
    """
    s = min(max(fraction, 0.0), 1.0)
    return (
        s**3 * (10.0 - 15.0 * s + 6.0 * s * s),
        30.0 * s * s * (1.0 - s) ** 2,
        60.0 * s * (1.0 - s) * (1.0 - 2.0 * s),
    )


class FixedContactMotion:
    """Moves the base on a straight, smooth path while every contact stays where it is.

    The joints' reference goes from one posture to another with the same timing; the whole-body
    controller reconciles it with the contacts.

    Parameters
    ----------
    robot
        The robot.
    state
        Where the motion begins; the contacts stay where this state has them.
    posture
        (nj,) joint reference at the end.
    height
        Of the base above the mean ground height under the contacts at the end, m; None keeps it.
    duration
        s.
    level
        Whether the base ends level and centred over its contacts, as in the nominal posture.
    """

    def __init__(
        self,
        robot: RobotModel,
        state: RobotState,
        posture: Array,
        height: float | None,
        duration: float,
        level: bool = True,
    ) -> None:
        self._robot = robot
        self._start_time = state.time
        self._duration = duration
        self._q_start = state.q[7:].copy()
        self._q_end = posture.copy()
        self._pose_start = _pose(state.q)
        self._feet = robot.contact_frames(state.q)
        self._pose_end = self._pose_start.copy()
        if level:
            self._pose_end = self._nominal_pose(height)

    @property
    def end_time(self) -> float:
        """When the motion is over, s."""
        return self._start_time + self._duration

    def _nominal_pose(self, height: float | None) -> pin.SE3:
        """Pose that stands over the present contacts as the nominal posture does over its own."""
        nominal_feet = np.array([frame.translation for frame in self._robot.nominal_contacts])
        feet = np.array([frame.translation for frame in self._feet])
        yaw = _heading(self._pose_start.rotation)
        if len(feet) > 1:
            yaw += _planar_turn(nominal_feet[:, :2] @ _planar(yaw).T, feet[:, :2])
        rotation = pin.rpy.rpyToMatrix(0.0, 0.0, yaw)
        offset = rotation @ (self._robot.q_nominal[:3] - nominal_feet.mean(axis=0))
        position = feet.mean(axis=0) + offset
        if height is not None:
            position[2] += height - self._robot.q_nominal[2]
        return pin.SE3(rotation, position)

    def sample(self, time: float) -> PlanSample:
        """Reference at `time` (s)."""
        fraction = (time - self._start_time) / self._duration
        value, slope, curvature = smooth_step(fraction)
        slope, curvature = slope / self._duration, curvature / self._duration**2
        shift = self._pose_end.translation - self._pose_start.translation
        turn = pin.log3(self._pose_end.rotation @ self._pose_start.rotation.T)
        rotation = pin.exp3(value * turn) @ self._pose_start.rotation
        twist = np.concatenate([shift, turn])
        robot, nc = self._robot, self._robot.nc
        joints = self._q_end - self._q_start
        forces = np.zeros((nc, 6))
        forces[:, 2] = robot.mass * (GRAVITY + curvature * shift[2]) / nc
        return PlanSample(
            time=time,
            base_position=self._pose_start.translation + value * shift,
            base_orientation=_quaternion(rotation),
            base_velocity=slope * twist,
            base_acceleration=curvature * twist,
            joint_position=self._q_start + value * joints,
            joint_velocity=slope * joints,
            contacts=np.ones(nc, dtype=bool),
            forces=forces,
            contact_position=np.array([frame.translation for frame in self._feet]),
            contact_velocity=np.zeros((nc, 3)),
            contact_acceleration=np.zeros((nc, 3)),
            contact_orientation=np.array([_quaternion(f.rotation) for f in self._feet]),
        )


class JointMotion:
    """Joint-space motion from one posture to another, smooth, for the motors' own PD loops."""

    def __init__(self, time: float, start: Array, end: Array, duration: float) -> None:
        self._time, self._duration = time, duration
        self._start, self._end = start.copy(), end.copy()

    @property
    def end_time(self) -> float:
        """When the motion is over, s."""
        return self._time + self._duration

    def sample(self, time: float) -> tuple[Array, Array]:
        """Joint positions (nj,), rad, and velocities (nj,), rad/s, at `time`."""
        value, slope, _ = smooth_step((time - self._time) / self._duration)
        joints = self._end - self._start
        return self._start + value * joints, slope / self._duration * joints


def _pose(q: Array) -> pin.SE3:
    return pin.XYZQUATToSE3(q[:7])


def _quaternion(rotation: Array) -> Array:
    return np.asarray(pin.Quaternion(rotation).coeffs())


def _planar(yaw: float) -> Array:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s], [s, c]])


def _heading(rotation: Array) -> float:
    return float(np.arctan2(rotation[1, 0], rotation[0, 0]))


def _planar_turn(source: Array, target: Array) -> float:
    """Angle that best turns the points `source` (n, 2) onto `target` about their means."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    cross = float(np.sum(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]))
    return float(np.arctan2(cross, float(np.sum(a * b))))
