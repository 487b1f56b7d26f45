"""What a robot measures in one tick."""

from __future__ import annotations

from dataclasses import dataclass

from surefoot.data.checks import Array


@dataclass(slots=True)
class SensorData:
    """One sample of the robot's sensors. Joints are in ``robot.joint_names`` order.

    Attributes
    ----------
    time
        Time of the sample, s.
    gyro
        (3,) angular velocity in the IMU frame, rad/s.
    accelerometer
        (3,) specific force in the IMU frame, m/s^2 (at rest it points up, 9.81).
    joint_position
        (nj,) rad.
    joint_velocity
        (nj,) rad/s.
    joint_torque
        (nj,) measured torque, N m, where the robot has it.
    foot_force
        (n_contacts,) normal force of each contact, N, where the robot has it.
    orientation
        (4,) quaternion xyzw of the IMU frame in the world from the IMU's own filter.
    """

    time: float
    gyro: Array
    accelerometer: Array
    joint_position: Array
    joint_velocity: Array
    joint_torque: Array | None = None
    foot_force: Array | None = None
    orientation: Array | None = None
