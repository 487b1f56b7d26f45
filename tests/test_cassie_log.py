"""The invariant filter on a recorded Cassie walk: skipped where the data is absent.

Data of Hartley's invariant-ekf: 2 kHz IMU, contact flags, foot poses by kinematics, ground truth.
"""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from reference import reference_folder

import surefoot as sf
from surefoot._cpp.estimation import ImuState, InvariantKernel, ProcessNoise

DATA = reference_folder("cassie_inekf")
FIRST_ROW = 9  # of the ground truth, that of the first IMU sample


@pytest.mark.skipif(not DATA.is_dir(), reason="the Cassie log is not here")
def test_robot_file_noises_beat_the_authors_estimate() -> None:
    options = sf.load_robot("go2").config.estimator
    noise = ProcessNoise()
    noise.gyro, noise.accelerometer = options.gyro_noise, options.accelerometer_noise
    noise.gyro_bias = options.gyro_bias_noise
    noise.accelerometer_bias = options.accelerometer_bias_noise
    contact_noise = np.full(2, options.contact_noise)
    kernel = InvariantKernel([False, False])
    state = ImuState()
    state.rotation = np.diag([1.0, -1.0, -1.0])
    kernel.imu = state
    deviation = np.zeros(21)
    deviation[0:2], deviation[2] = options.initial_tilt, 1e-6
    deviation[3:6], deviation[6:9] = 1.0, 1e-6  # the walk starts in motion
    deviation[9:12] = options.initial_gyro_bias
    deviation[12:15] = options.initial_accelerometer_bias
    kernel.covariance = np.diag(deviation**2)
    level: float | None = None
    before: np.ndarray | None = None
    positions, velocities, times = [], [], []
    for imu, contacts, feet in _records():
        if before is not None:
            kernel.predict(before[1:4], before[4:], imu[0] - before[0], noise, contact_noise, True)
        before = imu
        kernel.begin()
        for i in range(2):
            if not contacts[i]:
                kernel.forget(i)
            elif kernel.placed(i):
                kernel.correct_position(i, *feet[i], np.inf)
        kernel.finish()
        for i in range(2):
            if not contacts[i] or kernel.placed(i):
                continue
            kernel.place(i, *feet[i], np.eye(3), np.zeros((3, 3)))
            height = float(kernel.contact_positions[3 * i + 2])
            level = height if level is None else level
            kernel.begin()  # flat ground: every foothold is on the first one's level
            kernel.correct_height(i, level, options.terrain_noise**2, np.inf)
            kernel.finish()
        times.append(imu[0])
        positions.append(kernel.imu.position)
        velocities.append(kernel.imu.velocity)
    with np.load(DATA / "groundtruth.npz") as truth:
        rows = slice(FIRST_ROW, FIRST_ROW + len(times))
        position, velocity = truth["position"][rows], truth["velocity"][rows]
    later = np.array(times) > 1.0
    error = np.linalg.norm(np.array(velocities) - velocity, axis=1)[later]
    assert np.sqrt(np.mean(error**2)) < 0.020  # the authors' noises: 0.0254
    drift = np.array(positions) - position
    assert abs(drift[-1, 2] - drift[0, 2]) < 0.02  # the authors' noises: 0.046


def _records():  # type: ignore[no-untyped-def]
    with gzip.open(DATA / "imu_kinematic_measurements.txt.gz", "rt") as file:
        imu, contacts = np.zeros(7), [False, False]
        for line in file:
            kind, *rest = line.split()
            values = np.array(rest, dtype=float)
            if kind == "IMU":
                imu = values
            elif kind == "CONTACT":
                contacts = [bool(values[2]), bool(values[4])]
            else:
                feet = [
                    (values[k + 5 : k + 8], values[k + 8 : k + 44].reshape(6, 6)[3:, 3:])
                    for k in (1, 45)
                ]
                yield imu, contacts, feet
