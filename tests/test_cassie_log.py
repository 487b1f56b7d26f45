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
RECORDED = pytest.mark.skipif(not DATA.is_dir(), reason="the Cassie log is not here")
FIRST_ROW = 9  # of the ground truth, that of the first IMU sample
FINAL = {  # the authors' estimate at t = 10 s
    "position": [2.39882492465, 0.0155612278246, -0.111331160619],
    "velocity": [0.148878020881, 0.0121313603349, 0.0350316282503],
    "rotation": [
        [0.996198288421, 0.0827311539481, -0.0272860094883],
        [0.0849708440556, -0.991848068451, 0.0949598060835],
        [-0.0192074414708, -0.0969173115463, -0.995107084145],
    ],
    "gyro_bias": [-2.58364401456e-4, 2.86847041493e-4, -3.04718655263e-4],
    "accelerometer_bias": [-0.178741832161, -0.0181964007996, 0.00230157370864],
}


@RECORDED
def test_same_formulation_and_noises_give_the_recorded_final_state() -> None:
    """Every step as in the authors' example program of 2018, theirs to the last habit.

    Before the first sample it integrates a zero measurement from t = 0, and it places a new
    contact with the position after the correction but the attitude from before it.
    """
    noise = ProcessNoise()
    noise.gyro, noise.accelerometer = 0.01, 0.1
    noise.gyro_bias, noise.accelerometer_bias = 1e-5, 1e-4
    kernel = InvariantKernel([False, False])
    state = ImuState()
    state.rotation = np.diag([1.0, -1.0, -1.0])
    kernel.imu = state
    kernel.covariance = np.eye(21)
    for i in range(2):
        kernel.forget(i)
    before, still = np.zeros(7), np.zeros(2)
    for imu, contacts, feet in _records():
        dt = imu[0] - before[0]
        kernel.predict(before[1:4], before[4:], dt, noise, np.full(2, 0.01), still, still, False)
        before = imu
        stale = kernel.imu.rotation
        kernel.begin()
        for i in range(2):
            if contacts[i] and kernel.placed(i):
                kernel.correct_position(i, *feet[i], np.inf)
        kernel.finish()
        turn = kernel.imu.rotation.T @ stale
        for i in range(2):
            if not contacts[i]:
                kernel.forget(i)
            elif not kernel.placed(i):
                position, covariance = feet[i]
                placed = turn @ position, turn @ covariance @ turn.T
                kernel.place(i, *placed, np.eye(3), np.zeros((3, 3)))
    for name, expected in FINAL.items():
        np.testing.assert_allclose(getattr(kernel.imu, name), expected, atol=1e-8, err_msg=name)
    assert np.trace(kernel.covariance) == pytest.approx(8.28468276988, abs=1e-8)


@RECORDED
def test_robot_file_noises_beat_the_authors_estimate() -> None:
    options = sf.load_robot("go2").config.estimator
    noise = ProcessNoise()
    noise.gyro, noise.accelerometer = options.gyro_noise, options.accelerometer_noise
    noise.gyro_bias = options.gyro_bias_noise
    noise.accelerometer_bias = options.accelerometer_bias_noise
    contact_noise, still = np.full(2, options.contact_noise), np.zeros(2)
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
            interval = imu[0] - before[0]
            kernel.predict(
                before[1:4], before[4:], interval, noise, contact_noise, still, still, True
            )
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
