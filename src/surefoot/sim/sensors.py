"""Sensor noise: what the robot's instruments add to the truth."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from surefoot.data import Array, InputError, SensorData
from surefoot.robots import RobotModel


@dataclass(frozen=True)
class SensorModel:
    """Standard deviations and noise densities; the defaults are the project's standard set.

    Attributes
    ----------
    gyro, accelerometer
        White noise, rad/s/sqrt(Hz) and m/s^2/sqrt(Hz).
    gyro_bias_walk, accelerometer_bias_walk
        Random walk of the biases, rad/s^2/sqrt(Hz) and m/s^3/sqrt(Hz).
    gyro_bias, accelerometer_bias
        Standard deviation of the initial biases, rad/s and m/s^2.
    joint_position, joint_velocity, joint_torque
        White, per sample, rad, rad/s, N m.
    foot_force
        White, per sample, N.
    orientation
        White, per sample and axis, rad, of the IMU's own attitude filter.
    """

    gyro: float = 1.7e-4
    accelerometer: float = 2e-3
    gyro_bias_walk: float = 1.9e-5
    accelerometer_bias_walk: float = 3e-3
    gyro_bias: float = 3e-3
    accelerometer_bias: float = 0.05
    joint_position: float = 1e-3
    joint_velocity: float = 0.05
    joint_torque: float = 0.0
    foot_force: float = 3.0
    orientation: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (np.isfinite(value) and value >= 0.0):
                raise InputError(f"SensorModel.{item.name}", f"{value} must be >= 0 and finite")

    @staticmethod
    def perfect() -> SensorModel:
        """Sensors that read the truth."""
        return SensorModel(**{item.name: 0.0 for item in fields(SensorModel)})


class SensorNoise:
    """Draws the noise of one robot's sensors, reproducibly.

    Parameters
    ----------
    robot
        Whose sensors.
    model
        How noisy.
    seed
        Of the generator.
    """

    def __init__(self, robot: RobotModel, model: SensorModel, seed: int) -> None:
        self.model = model
        self._nj, self._nc = robot.nj, robot.nc
        self._random = np.random.default_rng(seed)
        self.gyro_bias = self._random.normal(size=3) * model.gyro_bias
        self.accelerometer_bias = self._random.normal(size=3) * model.accelerometer_bias

    def apply(self, truth: SensorData, interval: float) -> SensorData:
        """The noisy reading of a true sample.

        Parameters
        ----------
        truth
            What perfect sensors would read.
        interval
            Time since the last sample, s: turns densities into standard deviations.
        """
        model, rate, walk = self.model, 1.0 / np.sqrt(interval), np.sqrt(interval)
        self.gyro_bias = self.gyro_bias + self._draw(model.gyro_bias_walk * walk, 3)
        self.accelerometer_bias = self.accelerometer_bias + self._draw(
            model.accelerometer_bias_walk * walk, 3
        )
        return SensorData(
            time=truth.time,
            gyro=truth.gyro + self.gyro_bias + self._draw(model.gyro * rate, 3),
            accelerometer=truth.accelerometer
            + self.accelerometer_bias
            + self._draw(model.accelerometer * rate, 3),
            joint_position=truth.joint_position + self._draw(model.joint_position, self._nj),
            joint_velocity=truth.joint_velocity + self._draw(model.joint_velocity, self._nj),
            joint_torque=None
            if truth.joint_torque is None
            else truth.joint_torque + self._draw(model.joint_torque, self._nj),
            foot_force=None
            if truth.foot_force is None
            else truth.foot_force + self._draw(model.foot_force, self._nc),
            orientation=None
            if truth.orientation is None
            else _turned(truth.orientation, self._draw(model.orientation, 3)),
        )

    def _draw(self, deviation: float, size: int) -> Array:
        return np.asarray(self._random.normal(size=size) * deviation)


def _turned(quaternion: Array, angle: Array) -> Array:
    """Quaternion xyzw turned by a small rotation vector in its own frame."""
    half = 0.5 * angle
    x, y, z, w = quaternion
    a, b, c = half
    turned = np.array(
        [
            x + w * a + y * c - z * b,
            y + w * b + z * a - x * c,
            z + w * c + x * b - y * a,
            w - x * a - y * b - z * c,
        ]
    )
    return np.asarray(turned / np.linalg.norm(turned))
