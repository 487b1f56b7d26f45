"""What both filters share at the Python entry: sensors in, `RobotState` out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from surefoot._cpp import estimation as _cpp
from surefoot.data import (
    Array,
    EstimatorStatus,
    InputError,
    RobotState,
    SensorData,
    finite_array,
    finite_number,
    instance_of,
)
from surefoot.robots import RobotModel
from surefoot.robots.config import EstimatorConfig

_STATUS = {
    _cpp.EstimatorStatus.INITIALIZING: EstimatorStatus.INITIALIZING,
    _cpp.EstimatorStatus.OK: EstimatorStatus.OK,
    _cpp.EstimatorStatus.DEGRADED: EstimatorStatus.DEGRADED,
}


def estimator_options(config: EstimatorConfig) -> _cpp.EstimatorOptions:
    """The robot file's [estimator] table for the C++ side."""
    options = _cpp.EstimatorOptions()
    for name in type(config).model_fields:
        if name not in ("filter", "contact"):
            setattr(options, name, getattr(config, name))
    contact = _cpp.ContactOptions()
    for name in type(config.contact).model_fields:
        setattr(contact, name, getattr(config.contact, name))
    options.contact = contact
    return options


def contact_kinematics(robot: RobotModel) -> _cpp.ContactKinematics:
    """Leg kinematics of a robot as its IMU sees them."""
    placement = robot.imu_placement
    return _cpp.ContactKinematics(
        robot.description, robot.imu_joint, placement.rotation, placement.translation
    )


class StateEstimator(ABC):
    """Base and joint state from IMU, joint and contact measurements.

    Use `surefoot.estimation.make_estimator`, or one of the filters by name. The estimate is of
    the base frame, wherever the IMU sits. z is the height above the ground under the feet at the
    start.

    Parameters
    ----------
    robot
        Its ``[estimator]`` table holds every tuning number.

    Attributes
    ----------
    update_us
        What the latest `update` cost in C++, microseconds of wall time.
    """

    _kernel: ClassVar[Any]

    def __init__(self, robot: RobotModel) -> None:
        self.robot = robot
        self._filter = self._kernel(
            robot.description, contact_kinematics(robot), estimator_options(robot.config.estimator)
        )
        self.update_us = 0.0

    def reset(
        self,
        sensors: SensorData,
        base_height: float | None = None,
        yaw: float = 0.0,
        position: tuple[float, float] = (0.0, 0.0),
    ) -> RobotState:
        """Begin anew with the robot at rest, standing or lying.

        Gravity gives roll and pitch; the average over the first samples at rest (while the
        status is ``INITIALIZING``) gives the gyro bias.

        Parameters
        ----------
        sensors
            First sample.
        base_height
            Height of the base frame, m. None: the lowest contact touches the ground at z = 0.
        yaw
            Initial heading of the base in the world, rad.
        position
            Initial x, y of the base in the world, m.

        Raises
        ------
        InputError
            If a field has the wrong shape or is not finite, or no gravity is felt.
        """
        height = np.nan if base_height is None else finite_number("base_height", base_height)
        x, y = finite_array("position", position, (2,))
        yaw = finite_number("yaw", yaw)
        for name in ("gyro", "accelerometer", "joint_position"):
            finite_array(name, getattr(sensors, name), np.shape(getattr(sensors, name)))
        try:
            self._filter.reset(*self._arguments(sensors, None, None), height, yaw, x, y)
        except (ValueError, TypeError) as error:
            raise InputError("sensors", str(error)) from None
        return self.state

    def update(
        self,
        sensors: SensorData,
        planned_contact: npt.ArrayLike | None = None,
        commanded_torque: npt.ArrayLike | None = None,
    ) -> RobotState:
        """Take in one sample.

        NaN or infinite samples and time that does not advance are survived: the state is
        predicted or held and flagged ``DEGRADED``. Joint velocities that are all NaN are made
        from the positions (a robot that measures none).

        Parameters
        ----------
        sensors
            The sample. The first call also resets the filter.
        planned_contact
            (n_contacts,) probability of contact by the plan, or None.
        commanded_torque
            (nj,) N m, used where the robot measures no joint torque.

        Raises
        ------
        InputError
            If a field has the wrong shape.
        """
        instance_of("sensors", sensors, SensorData)
        if not self._filter.begun:
            return self.reset(sensors)
        try:
            inputs = self._arguments(sensors, planned_contact, commanded_torque)
            self.update_us = float(self._filter.update(*inputs))
        except (ValueError, TypeError) as error:
            raise InputError("sensors", str(error)) from None
        return self.state

    def fuse_pose(
        self,
        time: float,
        position: npt.ArrayLike,
        orientation: npt.ArrayLike | None = None,
        position_noise: float = 0.01,
        orientation_noise: float = 0.01,
    ) -> bool:
        """Take in the base's pose from outside (motion capture, visual odometry), late or not.

        Parameters
        ----------
        time
            When the pose was measured, s, on the clock of the sensor samples.
        position
            (3,) of the base frame in the world, m.
        orientation
            (4,) quaternion xyzw of the base in the world, or None for position only. The linear
            filter takes position only.
        position_noise, orientation_noise
            Standard deviation per axis, m and rad.

        Returns
        -------
        bool
            Whether it was used: not if `time` is ahead of the state or too far back.

        Raises
        ------
        InputError
            If an argument is not finite or has the wrong shape, or before the first sample.
        """
        if not self._filter.begun:
            raise InputError("fuse_pose", "called before the first sensor sample")
        rotation, rotation_noise = np.eye(3), np.inf
        if orientation is not None:
            quaternion = finite_array("orientation", orientation, (4,))
            if not abs(np.linalg.norm(quaternion) - 1.0) < 0.1:
                raise InputError("orientation", "is not a unit quaternion")
            rotation = Rotation.from_quat(quaternion).as_matrix()
            rotation_noise = finite_number("orientation_noise", orientation_noise)
        return bool(
            self._filter.fuse_pose(
                finite_number("time", time),
                finite_array("position", position, (3,)),
                rotation,
                finite_number("position_noise", position_noise),
                rotation_noise,
            )
        )

    @property
    def kernel(self) -> Any:
        """The C++ filter, which a `surefoot.control.Controller` runs in its tick."""
        return self._filter

    @property
    def state(self) -> RobotState:
        """The latest estimate."""
        kernel = self._filter
        return RobotState(
            kernel.time,
            kernel.q,
            kernel.v,
            kernel.contact_probability,
            kernel.covariance,
            _STATUS[kernel.status],
        )

    @property
    @abstractmethod
    def deviation(self) -> Array:
        """(6,) standard deviations that the filter claims, NaN where it estimates no such thing:
        velocity in base axes (m/s), roll, pitch (rad), height (m)."""

    @property
    def in_contact(self) -> npt.NDArray[np.bool_]:
        """(n_contacts,) the yes/no decision on each contact, with hysteresis."""
        return np.asarray(self._filter.in_contact, dtype=np.bool_)

    @property
    def footholds(self) -> Array:
        """(n_contacts, 3) contact frame positions in the world, m."""
        return np.asarray(self._filter.footholds).reshape(-1, 3)

    @property
    def gyro_bias(self) -> Array:
        """(3,) rad/s, IMU frame."""
        return np.asarray(self._filter.gyro_bias)

    @staticmethod
    def _arguments(
        sensors: SensorData,
        planned_contact: npt.ArrayLike | None,
        commanded_torque: npt.ArrayLike | None,
    ) -> tuple[Any, ...]:
        torque = sensors.joint_torque if sensors.joint_torque is not None else commanded_torque
        return (
            sensors.time,
            sensors.gyro,
            sensors.accelerometer,
            sensors.joint_position,
            sensors.joint_velocity,
            torque,
            sensors.foot_force,
            sensors.orientation,
            planned_contact,
        )
