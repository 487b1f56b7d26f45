"""What a sensor sample must be to enter a control tick."""

from __future__ import annotations

import numpy as np

from surefoot.data import InputError, SensorData, finite_array, finite_number, instance_of
from surefoot.robots import RobotModel

_OPTIONAL = ("joint_torque", "foot_force", "orientation")


def sensor_shapes(robot: RobotModel) -> dict[str, tuple[int, ...]]:
    """Shape of each array of a robot's `SensorData`, by its field."""
    return {
        "gyro": (3,),
        "accelerometer": (3,),
        "joint_position": (robot.nj,),
        "joint_velocity": (robot.nj,),
        "joint_torque": (robot.nj,),
        "foot_force": (robot.nc,),
        "orientation": (4,),
    }


def check_sensors(robot: RobotModel, sensors: SensorData, last_time: float) -> None:
    """Refuse a sample of the wrong shape or from the past.

    Values that are not finite pass: the estimator survives and reports them.

    Parameters
    ----------
    robot
        The robot that it should be of.
    sensors
        The sample.
    last_time
        Time of the last tick, s.

    Raises
    ------
    InputError
        Naming the field.
    """
    instance_of("sensors", sensors, SensorData)
    time = finite_number("sensors.time", sensors.time)
    if time <= last_time:
        raise InputError(
            "sensors.time",
            f"{time} s is not after the last tick's {last_time} s",
            "call reset() to start a new run",
        )
    for name, shape in sensor_shapes(robot).items():
        value = getattr(sensors, name)
        if value is None and name in _OPTIONAL:
            continue
        if np.shape(value) != shape:
            finite_array(f"sensors.{name}", value, shape)
