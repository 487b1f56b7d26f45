"""A kinematic walking robot with exact sensors: oracle for the state estimators.

The base follows a smooth prescribed trajectory, standing feet stay planted (their spheres roll),
swing feet move by a cosine, joints follow by inverse kinematics; the IMU is differentiated
numerically from the exact pose. Noise as in the project's sensor model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pinocchio as pin

import surefoot as sf

GRAVITY = np.array([0.0, 0.0, 9.81])


@dataclass
class Walk:
    """Sampled truth: times (n,), q (n, nq), v (n, nv), contacts (n, nc), IMU (n, 3) each."""

    times: np.ndarray
    q: np.ndarray
    v: np.ndarray
    contacts: np.ndarray
    gyro: np.ndarray
    accelerometer: np.ndarray
    imu_rotation: np.ndarray

    def sensors(self, k: int, noise: Noise | None = None) -> sf.SensorData:
        gyro, force = self.gyro[k], self.accelerometer[k]
        q, dq = self.q[k, 7:], self.v[k, 6:]
        if noise is not None:
            gyro, force, q, dq = noise.apply(gyro, force, q, dq)
        return sf.SensorData(self.times[k], gyro, force, q, dq)


class Noise:
    """The sensor noise of the standard scenarios, for one sampling period."""

    def __init__(self, period: float, seed: int) -> None:
        self.period, self.rng = period, np.random.default_rng(seed)
        self.gyro_bias = 3e-3 * self.rng.normal(size=3)
        self.accelerometer_bias = 0.05 * self.rng.normal(size=3)

    def apply(self, gyro, force, q, dq):  # type: ignore[no-untyped-def]
        n, root = self.rng.normal, np.sqrt(self.period)
        self.gyro_bias += 1.9e-5 * root * n(size=3)
        self.accelerometer_bias += 3e-3 * root * n(size=3)
        return (
            gyro + self.gyro_bias + 1.7e-4 / root * n(size=3),
            force + self.accelerometer_bias + 2e-3 / root * n(size=3),
            q + 1e-3 * n(size=q.shape),
            dq + 0.05 * n(size=dq.shape),
        )


def walk(
    robot: sf.RobotModel,
    duration: float = 6.0,
    speed: float = 0.4,
    yaw_rate: float = 0.0,
    period: float = 0.002,
    still: float = 0.5,
    ground: Callable[[float, float], float] = lambda x, y: 0.0,
    roll: bool = True,
) -> Walk:
    """A trot of the first and last contact against the others, after `still` s of standing."""
    model = pin.Model(robot.pin_model)
    imu = _add_frame(model, "walking_imu", robot.imu_joint, robot.imu_placement)
    frames = [_add_frame(model, f"walking_{c.name}", c.joint, c.placement) for c in robot.contacts]
    data = model.createData()
    times = np.arange(0.0, duration, period)
    nc = robot.nc
    stride, duty = 0.6, 0.6
    offsets = np.array([0.0 if i in (0, nc - 1) else 0.5 for i in range(nc)])
    home = robot.contact_positions(robot.q_nominal)
    radii = np.array([c.radius for c in robot.contacts])

    def base(t: float) -> pin.SE3:
        s = max(t - still, 0.0)
        ramp = s - 0.5 * (1 - np.exp(-2 * s))  # smooth start
        wobble = 1 - np.exp(-2 * s)
        yaw = yaw_rate * ramp
        if abs(yaw_rate) > 1e-9:
            xy = speed / yaw_rate * np.array([np.sin(yaw), 1 - np.cos(yaw)])
        else:
            xy = np.array([speed * ramp, 0.0])
        w = 2 * np.pi / stride
        rpy = np.array(
            [0.03 * np.sin(w * s), 0.02 * np.sin(2 * w * s + 0.4), yaw + 0.02 * np.sin(w * s)]
        ) * np.array([wobble, wobble, 1.0])
        z = robot.q_nominal[2] + ground(*xy) + 0.01 * wobble * np.sin(2 * w * s)
        y = 0.01 * wobble * np.sin(w * s)
        return pin.SE3(
            pin.rpy.rpyToMatrix(rpy),
            np.array([xy[0] - np.sin(yaw) * y, xy[1] + np.cos(yaw) * y, z]),
        )

    q = robot.q_nominal.copy()
    feet = home.copy()
    feet[:, 2] = [ground(*f[:2]) + r for f, r in zip(feet, radii, strict=True)]
    lift, qs, flags = feet.copy(), [], []
    rotations_before: list[np.ndarray | None] = [None] * nc
    for t in times:
        pose = base(t)
        q[:3], q[3:7] = pose.translation, pin.Quaternion(pose.rotation).coeffs()
        phase = ((t - still) / stride + offsets) % 1.0 if t > still else np.zeros(nc)
        contact = phase < duty
        for i in range(nc):
            if contact[i]:
                lift[i] = feet[i]
            else:
                s = (phase[i] - duty) / (1 - duty)
                ahead = base(t + (1 - s) * (1 - duty) * stride + 0.5 * duty * stride)
                goal = ahead.act(home[i] - robot.q_nominal[:3])
                goal[2] = ground(*goal[:2]) + radii[i]
                smooth = s - np.sin(2 * np.pi * s) / (2 * np.pi)
                feet[i] = lift[i] + smooth * (goal - lift[i])
                feet[i][2] += 0.05 * (1 - np.cos(2 * np.pi * s)) / 2
                rotations_before[i] = None
        # Inverse kinematics by Newton; a rolling sphere's centre follows the leg's turn, which
        # the centre's own place decides, so both are iterated together.
        target = feet.copy()
        for _ in range(8):
            pin.forwardKinematics(model, data, q)
            pin.updateFramePlacements(model, data)
            error = np.zeros(3 * nc)
            jacobian = np.zeros((3 * nc, robot.nj))
            for i, frame in enumerate(frames):
                place = data.oMf[frame]
                if contact[i] and roll and rotations_before[i] is not None:
                    turn = pin.log3(place.rotation @ rotations_before[i].T)
                    target[i] = feet[i] + radii[i] * np.array([turn[1], -turn[0], 0.0])
                error[3 * i : 3 * i + 3] = target[i] - place.translation
                jacobian[3 * i : 3 * i + 3] = pin.computeFrameJacobian(
                    model, data, q, frame, pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
                )[:3, 6:]
            q[7:] += np.linalg.lstsq(jacobian, error, rcond=None)[0]
        assert np.abs(error).max() < 1e-6, "the robot cannot reach its feet"
        pin.forwardKinematics(model, data, q)
        pin.updateFramePlacements(model, data)
        for i, frame in enumerate(frames):
            if contact[i]:
                feet[i] = data.oMf[frame].translation
                rotations_before[i] = data.oMf[frame].rotation.copy()
        qs.append(q.copy())
        flags.append(contact)
    return _differentiate(model, data, imu, times, np.array(qs), np.array(flags), period)


def _differentiate(model, data, imu, times, qs, flags, period):  # type: ignore[no-untyped-def]
    """Exact increments: gyro and accelerometer are what the strapdown integral needs."""
    n = len(times)
    rotation, position = np.zeros((n, 3, 3)), np.zeros((n, 3))
    for k in range(n):
        pin.framesForwardKinematics(model, data, qs[k])
        rotation[k], position[k] = data.oMf[imu].rotation, data.oMf[imu].translation
    v, gyro, force = np.zeros((n, model.nv)), np.zeros((n, 3)), np.zeros((n, 3))
    for k in range(1, n - 1):
        v[k] = pin.difference(model, qs[k - 1], qs[k + 1]) / (2 * period)
        gyro[k] = pin.log3(rotation[k - 1].T @ rotation[k + 1]) / (2 * period)
        acceleration = (position[k + 1] - 2 * position[k] + position[k - 1]) / period**2
        force[k] = rotation[k].T @ (acceleration + GRAVITY)
    inner = slice(1, n - 1)
    return Walk(
        times[inner], qs[inner], v[inner], flags[inner], gyro[inner], force[inner], rotation[inner]
    )


def _add_frame(model, name, joint, placement):  # type: ignore[no-untyped-def]
    return model.addFrame(pin.Frame(name, joint + 2, 0, placement, pin.FrameType.OP_FRAME))
