"""Sensors to `RobotState`: Kalman filters on IMU, leg kinematics and contacts."""

from surefoot.estimation.base import StateEstimator
from surefoot.estimation.factory import make_estimator
from surefoot.estimation.invariant_ekf import InvariantEkf
from surefoot.estimation.linear_kalman_filter import LinearKalmanFilter
from surefoot.estimation.replay import Replay, replay
from surefoot.estimation.sensor_log import SensorLog

__all__ = [
    "InvariantEkf",
    "LinearKalmanFilter",
    "Replay",
    "SensorLog",
    "StateEstimator",
    "make_estimator",
    "replay",
]
