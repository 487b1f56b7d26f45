"""The classical linear Kalman filter."""

from __future__ import annotations

from surefoot._cpp import estimation as _cpp
from surefoot.estimation.base import StateEstimator


class LinearKalmanFilter(StateEstimator):
    """Linear Kalman filter on position, velocity and feet, with the attitude given.

    The attitude is the IMU's own orientation where there is one, else an attitude filter
    (gyro, and gravity corrected for the acceleration that leg kinematics shows).
    ``RobotState.covariance`` is (6 + 3 nc) square: IMU position, IMU velocity, contact
    positions, in world axes.

    References
    ----------
    Bloesch et al., "State estimation for legged robots", RSS 2012;
    Bledt et al., "MIT Cheetah 3", IROS 2018.
    """

    _kernel = _cpp.LinearKalmanFilter
