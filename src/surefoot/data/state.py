"""The estimated state of the robot."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from surefoot.data.checks import Array


class EstimatorStatus(Enum):
    """How far a `RobotState` can be trusted."""

    INITIALIZING = "initializing"
    OK = "ok"
    DEGRADED = "degraded"  # running without one of its measurements


@dataclass(slots=True)
class RobotState:
    """Base and joint state.

    Attributes
    ----------
    time
        s.
    q
        (nq,) [base position (world), quaternion xyzw, joints].
    v
        (nv,) [base linear (base frame), base angular (base frame), joint velocities].
    contact_probability
        (n_contacts,) in [0, 1].
    covariance
        (n, n) of the estimator's error state; the estimator documents the order.
    status
        How far to trust it.
    """

    time: float
    q: Array
    v: Array
    contact_probability: Array
    covariance: Array = field(default_factory=lambda: np.zeros((0, 0)))
    status: EstimatorStatus = EstimatorStatus.OK
