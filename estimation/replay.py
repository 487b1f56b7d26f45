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
        (n,) thread CPU time of each update, Python call included.
    """

    time: Array
    q: Array
    v: Array
    contact_probability: Array
    covariance: Array
    status: list[EstimatorStatus]
    update_us: Array


def replay(
    log: SensorLog,
    estimator: StateEstimator,
    base_height: float | None = None,
    yaw: float = 0.0,
    position: tuple[float, float] = (0.0, 0.0),
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

    Raises
    ------
    InputError
        If the log is empty or a sample has the wrong shape.
    """
    if not len(log):
        raise InputError("log", "holds no samples")
    states = [estimator.reset(log.samples[0], base_height, yaw, position)]
    update_us = [0.0]
    inputs = zip(log.samples, log.planned_contact, log.commanded_torque, strict=True)
    for k, (sensors, planned, torque) in enumerate(inputs):
        if k == 0:
            continue
        begin = clock.thread_time_ns()
        states.append(estimator.update(sensors, planned, torque))
        update_us.append((clock.thread_time_ns() - begin) * 1e-3)
    return Replay(
        time=np.array([state.time for state in states]),
        q=np.array([state.q for state in states]),
        v=np.array([state.v for state in states]),
        contact_probability=np.array([state.contact_probability for state in states]),
        covariance=np.array([state.covariance for state in states]),
        status=[state.status for state in states],
        update_us=np.array(update_us[1:] or [0.0]),
    )
