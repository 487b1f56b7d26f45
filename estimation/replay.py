"""Running a filter over recorded samples."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass

import numpy as np

from surefoot.data import Array, EstimatorStatus, InputError
from surefoot.estimation.base import StateEstimator
from surefoot.estimation.sensor_log import SensorLog


@dataclass
class Replay:
    """What a filter made of a log.

    Attributes
    ----------
    time
        (n,) s.
    q, v
        (n, nq), (n, nv) estimates.
    contact_probability
        (n, nc).
    covariance
        (n, k, k), in the order that the filter documents.
    status
        (n,) `EstimatorStatus`.
    update_us
        (n - 1,) time of each update in C++, without the call from Python.
    call_us
        (n - 1,) thread CPU time of each update as called from Python.
    """

    time: Array
    q: Array
    v: Array
    contact_probability: Array
    covariance: Array
    status: list[EstimatorStatus]
    update_us: Array
    call_us: Array


def replay(
    log: SensorLog,
    estimator: StateEstimator,
    base_height: float | None = None,
    yaw: float = 0.0,
    position: tuple[float, float] = (0.0, 0.0),
    covariance_size: int | None = None,
) -> Replay:
    """Reset a filter on the log's first sample and run it over the others.

    Parameters
    ----------
    log
        Of the estimator's robot; see `SensorLog.load` for other people's.
    estimator
        Any filter of `surefoot.estimation`.
    base_height, yaw, position
        Of the base at the first sample; see `StateEstimator.reset`.
    covariance_size
        How many leading rows and columns of the covariance to keep; None keeps all.

    Raises
    ------
    InputError
        If the log is empty or a sample has the wrong shape.
    """
    if not len(log):
        raise InputError("log", "holds no samples")
    state = estimator.reset(log.samples[0], base_height, yaw, position)
    n, size = len(log), len(state.covariance) if covariance_size is None else covariance_size
    result = Replay(
        time=np.zeros(n),
        q=np.zeros((n, len(state.q))),
        v=np.zeros((n, len(state.v))),
        contact_probability=np.zeros((n, len(state.contact_probability))),
        covariance=np.zeros((n, size, size)),
        status=[],
        update_us=np.zeros(n - 1),
        call_us=np.zeros(n - 1),
    )
    inputs = zip(log.samples, log.planned_contact, log.commanded_torque, strict=True)
    for k, (sensors, planned, torque) in enumerate(inputs):
        if k > 0:
            begin = clock.thread_time_ns()
            state = estimator.update(sensors, planned, torque)
            result.call_us[k - 1] = (clock.thread_time_ns() - begin) * 1e-3
            result.update_us[k - 1] = estimator.update_us
        result.time[k], result.q[k], result.v[k] = state.time, state.q, state.v
        result.contact_probability[k] = state.contact_probability
        result.covariance[k] = state.covariance[:size, :size]
        result.status.append(state.status)
    return result
