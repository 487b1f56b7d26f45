"""The estimator that a robot file names."""

from __future__ import annotations

from surefoot.estimation.base import StateEstimator
from surefoot.estimation.invariant_ekf import InvariantEkf
from surefoot.estimation.linear_kalman_filter import LinearKalmanFilter
from surefoot.robots import RobotModel

FILTERS: dict[str, type[StateEstimator]] = {
    "invariant": InvariantEkf,
    "linear": LinearKalmanFilter,
}


def make_estimator(robot: RobotModel) -> StateEstimator:
    """The filter named by ``[estimator] filter`` of the robot file."""
    return FILTERS[robot.config.estimator.filter](robot)
