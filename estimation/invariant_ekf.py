"""The default estimator: a right-invariant Kalman filter."""

from __future__ import annotations

from surefoot._cpp import estimation as _cpp
from surefoot.estimation.base import StateEstimator


class InvariantEkf(StateEstimator):
    """Contact-aided right-invariant error-state Kalman filter.

    State: attitude, velocity and position of the IMU, gyro and accelerometer bias, position of
    every contact (and orientation of a surface contact).
    ``RobotState.covariance`` is of the right-invariant error, three rows each:
    [rotation, velocity, position, gyro bias, accelerometer bias, contact 0, contact 1, ...], a
    surface contact six (position, rotation); world axes, biases in the IMU frame.

    References
    ----------
    Hartley et al., "Contact-aided invariant extended Kalman filtering for robot state
    estimation", IJRR 2020.
    """

    _kernel = _cpp.InvariantEkf
