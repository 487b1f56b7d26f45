"""Between Unitree's ``LowState_`` and ``LowCmd_`` messages and Surefoot's values."""

from __future__ import annotations

from typing import Any

import numpy as np

from surefoot.adapters.unitree.crc import checksum
from surefoot.adapters.unitree.layout import Layout
from surefoot.data import JointCommand, SensorData
from surefoot.robots import RobotModel

_MOTOR_ON = 1  # mode of a motor that follows its command
_LOW_LEVEL = 0xFF
_HEAD = (0xFE, 0xEF)
_SERIES_ANKLES = 0  # mode_pr: ankle and waist motors are addressed as pitch and roll


def read_sensors(
    layout: Layout,
    robot: RobotModel,
    state: Any,
    time: float,
    foot_force_scale: float | None = None,
) -> SensorData:
    """A ``LowState_`` message as a sample.

    Parameters
    ----------
    layout, robot
        Of the robot that sent it.
    state
        The message.
    time
        To stamp it with, s.
    foot_force_scale
        N per count of the foot sensors, which are not calibrated; None leaves them out.
    """
    motors = [state.motor_state[index] for index in layout.motors(robot).tolist()]
    imu = state.imu_state
    feet = None
    if foot_force_scale is not None:
        counts = np.array(state.foot_force, dtype=float)
        feet = foot_force_scale * counts[layout.foot_sensors(robot)]
    return SensorData(
        time=time,
        gyro=np.array(imu.gyroscope, dtype=float),
        accelerometer=np.array(imu.accelerometer, dtype=float),
        joint_position=np.array([motor.q for motor in motors]),
        joint_velocity=np.array([motor.dq for motor in motors]),
        joint_torque=np.array([motor.tau_est for motor in motors]),
        foot_force=feet,
        orientation=np.roll(np.array(imu.quaternion, dtype=float), -1),  # wxyz to xyzw
    )


def fill_command(
    layout: Layout, robot: RobotModel, message: Any, command: JointCommand, machine: int = 0
) -> None:
    """Write a joint command, and the checksum, into a ``LowCmd_`` message.

    Motors that the robot has no joint for are switched on with no gain and no torque.

    Parameters
    ----------
    layout, robot
        Of the robot that it goes to.
    message
        The message.
    command
        Arrays (nj,).
    machine
        ``mode_machine`` of the robot's last state, which a humanoid wants back.
    """
    if layout.family == "go":
        message.head[:] = _HEAD
        message.level_flag = _LOW_LEVEL
    else:
        message.mode_pr, message.mode_machine = _SERIES_ANKLES, machine
    for motor in message.motor_cmd:
        motor.mode = _MOTOR_ON
        motor.q = motor.dq = motor.tau = motor.kp = motor.kd = 0.0
    columns = (command.position, command.velocity, command.torque, command.kp, command.kd)
    rows = np.column_stack(columns).tolist()
    for index, row in zip(layout.motors(robot).tolist(), rows, strict=True):
        motor = message.motor_cmd[index]
        motor.q, motor.dq, motor.tau, motor.kp, motor.kd = row
    message.crc = checksum(layout.family, message)
