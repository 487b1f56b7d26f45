"""The default estimator: a right-invariant Kalman filter."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from surefoot._cpp import estimation as _cpp
from surefoot.data import Array
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

    @property
    def deviation(self) -> Array:
        q, covariance = self._filter.q, self._filter.covariance[:9, :9]
        rotation = Rotation.from_quat(q[3:7]).as_matrix()
        heading = rotation[:2, 0] / np.hypot(*rotation[:2, 0])
        # First order of base velocity, roll, pitch and height in the invariant error, for which
        # R = exp(e_R) R', v = exp(e_R) v' + e_v, p = exp(e_R) p' + e_p.
        jacobian = np.zeros((6, 9))
        jacobian[:3, 3:6] = rotation.T
        jacobian[3, :2] = heading / np.hypot(*rotation[:2, 0])
        jacobian[4, :2] = -heading[1], heading[0]
        jacobian[5, :2] = q[1], -q[0]
        jacobian[5, 8] = 1.0
        variance = np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian)
        return np.asarray(np.sqrt(variance))
