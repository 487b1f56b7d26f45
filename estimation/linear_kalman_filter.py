"""The classical linear Kalman filter."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from surefoot._cpp import estimation as _cpp
from surefoot.data import Array
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

    @property
    def deviation(self) -> Array:
        covariance = self._filter.covariance
        rotation = Rotation.from_quat(self._filter.q[3:7]).as_matrix()
        velocity = np.diag(rotation.T @ covariance[3:6, 3:6] @ rotation)
        return np.sqrt([*velocity, np.nan, np.nan, covariance[2, 2]])
