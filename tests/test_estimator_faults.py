"""Failing sensors: survived, flagged, recovered; late poses fused; logs replayed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest
from walking import Noise, Walk, walk

import surefoot as sf
from surefoot.data import EstimatorStatus, SensorData

PERIOD = 0.002
Filter = type[sf.estimation.StateEstimator]
BOTH = pytest.mark.parametrize(
    "filter_class", [sf.estimation.InvariantEkf, sf.estimation.LinearKalmanFilter]
)


@pytest.fixture(scope="module")
def robot() -> sf.RobotModel:
    return sf.load_robot("go2")


@pytest.fixture(scope="module")
def truth(robot: sf.RobotModel) -> Walk:
    return walk(robot, duration=5.0)


def _run(
    robot: sf.RobotModel,
    truth: Walk,
    filter_class: Filter,
    spoil: Callable[[float, SensorData, SensorData], SensorData | None],
) -> tuple[list[sf.RobotState], np.ndarray]:
    """States and velocity errors; `spoil(time, sample, last sample)` returns None to drop it."""
    noise, estimator = Noise(PERIOD, seed=2), filter_class(robot)
    states, errors = [], []
    last = truth.sensors(0, noise)
    estimator.reset(last)
    for k in range(1, len(truth.times)):
        sample = truth.sensors(k, noise)
        given = spoil(truth.times[k], sample, last)
        if given is not None:
            states.append(estimator.update(given, truth.contacts[k].astype(float)))
            last = given
        state = estimator.state
        estimated = pin.Quaternion(state.q[3:7]).matrix()
        actual = pin.Quaternion(truth.q[k, 3:7]).matrix()
        errors.append(np.linalg.norm(estimated @ state.v[:3] - actual @ truth.v[k, :3]))
    return states, np.array(errors)


def _during(begin: float, length: float, time: float) -> bool:
    return begin <= time < begin + length


def _recovered(states: list[sf.RobotState], errors: np.ndarray) -> None:
    assert all(np.isfinite(s.q).all() and np.isfinite(s.v).all() for s in states)
    assert states[-1].status is EstimatorStatus.OK
    assert np.sqrt(np.mean(errors[-500:] ** 2)) < 0.03


@BOTH
@pytest.mark.parametrize("length", [0.05, 0.5])
def test_imu_repeats_its_last_sample(
    robot: sf.RobotModel, truth: Walk, filter_class: Filter, length: float
) -> None:
    def spoil(time: float, sample: SensorData, last: SensorData) -> SensorData:
        if _during(2.0, length, time):
            return replace(sample, gyro=last.gyro, accelerometer=last.accelerometer)
        return sample

    states, errors = _run(robot, truth, filter_class, spoil)
    flagged = [s for s in states if s.status is EstimatorStatus.DEGRADED]
    assert len(flagged) > 0
    assert errors[990:].max() < (0.2 if length < 0.1 else 0.8)
    _recovered(states, errors)


@BOTH
@pytest.mark.parametrize("length", [0.05, 0.5, 1.0, 1.5])
def test_no_sample_at_all_for_a_while(
    robot: sf.RobotModel, truth: Walk, filter_class: Filter, length: float
) -> None:
    states, errors = _run(
        robot, truth, filter_class, lambda t, s, _: None if _during(2.0, length, t) else s
    )
    assert any(s.status is EstimatorStatus.DEGRADED for s in states)
    _recovered(states, errors)


@BOTH
def test_imu_gives_nan(robot: sf.RobotModel, truth: Walk, filter_class: Filter) -> None:
    nan = np.full(3, np.nan)

    def spoil(time: float, sample: SensorData, last: SensorData) -> SensorData:
        bad = _during(2.0, 0.3, time)
        return replace(sample, gyro=nan, accelerometer=nan) if bad else sample

    states, errors = _run(robot, truth, filter_class, spoil)
    assert any(s.status is EstimatorStatus.DEGRADED for s in states)
    _recovered(states, errors)


@BOTH
def test_saturated_accelerometer(robot: sf.RobotModel, truth: Walk, filter_class: Filter) -> None:
    limit = robot.config.estimator.accelerometer_limit

    def spoil(time: float, sample: SensorData, last: SensorData) -> SensorData:
        if _during(2.0, 0.01, time):
            return replace(sample, accelerometer=np.full(3, limit))
        return sample

    states, errors = _run(robot, truth, filter_class, spoil)
    assert any(s.status is EstimatorStatus.DEGRADED for s in states)
    assert errors[990:].max() < 0.1
    _recovered(states, errors)


@BOTH
@pytest.mark.parametrize("with_velocity", [False, True])
def test_stuck_encoder_is_noticed_and_its_leg_left_out(
    robot: sf.RobotModel, truth: Walk, filter_class: Filter, with_velocity: bool
) -> None:
    joint = 2

    def spoil(time: float, sample: SensorData, last: SensorData) -> SensorData:
        if _during(2.0, 1.0, time):
            sample.joint_position[joint] = last.joint_position[joint]
            if with_velocity:
                sample.joint_velocity[joint] = last.joint_velocity[joint]
        return sample

    states, errors = _run(robot, truth, filter_class, spoil)
    stuck = [s for s in states if 2.2 < s.time < 2.9]
    assert np.mean([s.status is EstimatorStatus.DEGRADED for s in stuck]) > 0.9
    _recovered(states, errors)


def test_joint_velocities_are_made_from_positions(robot: sf.RobotModel, truth: Walk) -> None:
    estimator = sf.estimation.make_estimator(robot)
    errors = []
    for k in range(len(truth.times)):
        sample = truth.sensors(k)
        sample.joint_velocity = np.full(robot.nj, np.nan)
        state = estimator.update(sample, truth.contacts[k].astype(float))
        if truth.times[k] > 1.0:
            errors.append(state.v[6:] - truth.v[k, 6:])
    assert state.status is EstimatorStatus.OK
    assert np.sqrt(np.mean(np.square(errors))) < 0.15 * np.sqrt(np.mean(truth.v[:, 6:] ** 2))


@BOTH
def test_imu_slower_than_joints(robot: sf.RobotModel, truth: Walk, filter_class: Filter) -> None:
    held: list[SensorData] = []

    def spoil(time: float, sample: SensorData, last: SensorData) -> SensorData:
        if round(time / PERIOD) % 3 == 0 or not held:
            held[:] = [sample]
        return replace(sample, gyro=held[0].gyro, accelerometer=held[0].accelerometer)

    states, errors = _run(robot, truth, filter_class, spoil)
    assert all(s.status is not EstimatorStatus.DEGRADED for s in states)
    assert np.sqrt(np.mean(errors[-1000:] ** 2)) < 0.05


LATE: dict[str, Callable[[list[SensorData]], list[SensorData]]] = {
    "swapped in pairs": lambda x: [x[k ^ 1] for k in range(len(x))],
    "each sent twice": lambda x: [sample for sample in x for _ in range(2)],
    "the last 16 ms sent again": lambda x: [*x, *x[-8:]],
    "one sample 30 ms late": lambda x: [*x[:20], *x[21:36], x[20], *x[36:]],
    "one from the far future": lambda x: [*x[:-1], replace(x[-1], time=1e6)],
}


@BOTH
@pytest.mark.parametrize("fault", LATE.values(), ids=LATE.keys())
def test_samples_late_doubled_or_out_of_order_are_refused_and_flagged(
    robot: sf.RobotModel,
    truth: Walk,
    filter_class: Filter,
    fault: Callable[[list[SensorData]], list[SensorData]],
) -> None:
    noise, estimator = Noise(PERIOD, seed=2), filter_class(robot)
    samples = [truth.sensors(k, noise) for k in range(len(truth.times))]
    late = fault(samples[1000:1100])
    given = samples[:1000] + late + samples[1100:]
    states = []
    for sample in given:
        planned = truth.contacts[min(round(sample.time / PERIOD), len(samples) - 1)].astype(float)
        before = estimator.state if states else None
        states.append(estimator.update(sample, planned))
        if before is not None and sample.time <= before.time and states[-1].time == before.time:
            assert states[-1].status is EstimatorStatus.DEGRADED
            np.testing.assert_array_equal(states[-1].q, before.q)
            np.testing.assert_array_equal(states[-1].covariance, before.covariance)
    assert any(s.status is EstimatorStatus.DEGRADED for s in states)
    errors = [
        np.linalg.norm(s.v[:3] - v[:3]) for s, v in zip(states[::-1], truth.v[::-1], strict=False)
    ]
    _recovered(states, np.array(errors[:500]))


@BOTH
def test_a_clock_that_is_set_back_is_believed_after_a_while(
    robot: sf.RobotModel, truth: Walk, filter_class: Filter
) -> None:
    back = 1.5

    def spoil(time: float, sample: SensorData, last: SensorData) -> SensorData:
        return sample if time < 2.0 else replace(sample, time=sample.time - back)

    states, errors = _run(robot, truth, filter_class, spoil)
    patience = robot.config.estimator.clock_patience
    held = [s for k, s in enumerate(states) if 2.0 < truth.times[k + 1] < 2.0 + patience]
    assert all(s.status is EstimatorStatus.DEGRADED for s in held)
    assert states[-1].time == pytest.approx(truth.times[-1] - back)
    _recovered(states, errors)


@BOTH
def test_one_of_three_samples_missing(
    robot: sf.RobotModel, truth: Walk, filter_class: Filter
) -> None:
    states, errors = _run(
        robot, truth, filter_class, lambda t, s, _: s if round(t / PERIOD) % 3 else None
    )
    assert all(s.status is not EstimatorStatus.DEGRADED for s in states)
    _recovered(states, errors)


@BOTH
@pytest.mark.parametrize("delay", [0, 50])
def test_late_pose_moves_the_estimate_to_the_outside_world(
    robot: sf.RobotModel, truth: Walk, filter_class: Filter, delay: int
) -> None:
    shift, turn = np.array([0.05, -0.04, 0.02]), pin.rpy.rpyToMatrix(0.0, 0.0, 0.02)
    invariant = filter_class is sf.estimation.InvariantEkf
    if not invariant:
        turn = np.eye(3)
    estimator, noise = filter_class(robot), Noise(PERIOD, seed=3)
    for k in range(len(truth.times)):
        estimator.update(truth.sensors(k, noise), truth.contacts[k].astype(float))
        if k >= 500 and k % 25 == 0:
            pose = truth.q[k - delay]
            assert estimator.fuse_pose(
                truth.times[k - delay],
                turn @ pose[:3] + shift,
                pin.Quaternion(turn @ pin.Quaternion(pose[3:7]).matrix()).coeffs()
                if invariant
                else None,
                position_noise=1e-3,
                orientation_noise=1e-3,
            )
    np.testing.assert_allclose(estimator.state.q[:3], turn @ truth.q[-1, :3] + shift, atol=0.02)
    now = pin.Quaternion(estimator.state.q[3:7]).matrix()
    expected = turn @ pin.Quaternion(truth.q[-1, 3:7]).matrix()
    assert np.degrees(np.linalg.norm(pin.log3(now @ expected.T))) < 0.4


def test_pose_from_the_future_or_too_long_ago_is_refused(robot: sf.RobotModel, truth: Walk) -> None:
    estimator = sf.estimation.InvariantEkf(robot)
    with pytest.raises(sf.data.InputError, match="before"):
        estimator.fuse_pose(0.0, np.zeros(3))
    for k in range(10):
        estimator.update(truth.sensors(k), truth.contacts[k].astype(float))
    before = estimator.state.q
    assert not estimator.fuse_pose(1.0, np.ones(3))
    assert not estimator.fuse_pose(-1.0, np.ones(3))
    np.testing.assert_array_equal(estimator.state.q, before)
    with pytest.raises(sf.data.InputError, match="position"):
        estimator.fuse_pose(0.0, np.array([np.nan, 0, 0]))


def test_log_survives_its_file_and_replays_the_same(
    robot: sf.RobotModel, truth: Walk, tmp_path: Path
) -> None:
    log, live = sf.estimation.SensorLog(), sf.estimation.InvariantEkf(robot)
    for k in range(300):
        sample, planned = truth.sensors(k), truth.contacts[k].astype(float)
        sample.foot_force = 40.0 * planned if k % 2 else None
        log.append(sample, planned, None)
        state = live.update(sample, planned)
    log.save(tmp_path / "log.csv", robot)
    again = sf.estimation.SensorLog.load(tmp_path / "log.csv", robot)
    result = sf.estimation.replay(again, sf.estimation.InvariantEkf(robot))
    np.testing.assert_array_equal(result.q[-1], state.q)
    np.testing.assert_array_equal(result.covariance[-1], state.covariance)


def test_log_with_a_missing_column_is_one_clear_error(robot: sf.RobotModel, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("time,gyro.x\n0,0\n")
    with pytest.raises(sf.data.InputError, match=r"gyro\.y"):
        sf.estimation.SensorLog.load(tmp_path / "bad.csv", robot)
    with pytest.raises(sf.data.InputError, match="cannot read"):
        sf.estimation.SensorLog.load(tmp_path / "none.csv", robot)


@pytest.mark.parametrize("yaw", [0.0, 2.5])
def test_error_does_not_depend_on_where_the_world_is(
    robot: sf.RobotModel, truth: Walk, yaw: float
) -> None:
    """Started 100 m away and turned, the invariant filter estimates the same motion."""
    noise, other_noise = Noise(PERIOD, seed=4), Noise(PERIOD, seed=4)
    here, there = sf.estimation.InvariantEkf(robot), sf.estimation.InvariantEkf(robot)
    here.reset(truth.sensors(0, noise))
    there.reset(truth.sensors(0, other_noise), yaw=yaw, position=(100.0, -50.0))
    for k in range(1, 1500):
        a = here.update(truth.sensors(k, noise), truth.contacts[k].astype(float))
        b = there.update(truth.sensors(k, other_noise), truth.contacts[k].astype(float))
    turn = pin.rpy.rpyToMatrix(0.0, 0.0, yaw)
    np.testing.assert_allclose(b.v, a.v, atol=1e-6)
    np.testing.assert_allclose(b.q[:3], turn @ a.q[:3] + [100.0, -50.0, 0.0], atol=1e-5)
    np.testing.assert_allclose(b.covariance[9:15, 9:15], a.covariance[9:15, 9:15], rtol=1e-3)


@pytest.mark.slow
def test_a_million_updates_leave_the_covariance_symmetric_and_positive_definite(
    robot: sf.RobotModel, truth: Walk
) -> None:
    estimator, noise = sf.estimation.InvariantEkf(robot), Noise(PERIOD, seed=6)
    samples = [truth.sensors(k, noise) for k in range(len(truth.times))]
    again = 1000  # walking samples, over and over once it walks
    for k in range(1_000_000):
        i = k if k < len(samples) else again + (k - len(samples)) % (len(samples) - again)
        sample = samples[i]
        sample.time = k * PERIOD
        estimator.update(sample, truth.contacts[i].astype(float))
        if k % 50_000 == 0:
            covariance = estimator.state.covariance
            np.testing.assert_array_equal(covariance, covariance.T)
            eigenvalues = np.linalg.eigvalsh(covariance)
            assert eigenvalues.min() > -1e-12 * eigenvalues.max()
    assert estimator.state.status is EstimatorStatus.OK
    assert np.isfinite(estimator.state.q).all()
