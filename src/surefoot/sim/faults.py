"""Faults of sensors: what `Simulation.sensor_fault` may do to a sample.

The motors' own drivers keep reading the true joint state: these are faults on the way to the
controller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np

from surefoot.data import InputError, SensorData

SensorFault = Callable[[SensorData], SensorData]

FIELDS = tuple(item.name for item in fields(SensorData) if item.name != "time")


def frozen_encoder(joint: int) -> SensorFault:
    """The encoder of one joint (index) sticks where it is: its position holds, its speed is 0."""
    held: list[float] = []

    def fault(sample: SensorData) -> SensorData:
        if not held:
            held.append(float(sample.joint_position[joint]))
        position, velocity = sample.joint_position.copy(), sample.joint_velocity.copy()
        position[joint], velocity[joint] = held[0], 0.0
        return replace(sample, joint_position=position, joint_velocity=velocity)

    return fault


def stopped_imu() -> SensorFault:
    """The IMU repeats its last sample."""
    held: list[SensorData] = []

    def fault(sample: SensorData) -> SensorData:
        if not held:
            held.append(sample)
        last = held[0]
        return replace(
            sample,
            gyro=last.gyro,
            accelerometer=last.accelerometer,
            orientation=last.orientation,
        )

    return fault


def not_a_number(field: str) -> SensorFault:
    """One field of the sample is NaN throughout.

    Raises
    ------
    InputError
        If `SensorData` has no such array.
    """
    if field not in FIELDS:
        raise InputError("field", f"{field!r} is none of {', '.join(FIELDS)}")

    def fault(sample: SensorData) -> SensorData:
        value = getattr(sample, field)
        if value is None:
            return sample
        return replace(sample, **{field: np.full_like(value, np.nan)})

    return fault
