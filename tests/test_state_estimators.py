"""Both state estimators behind one interface: synthetic walks, IMU mounts, bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
from walking import Noise, walk

import surefoot as sf
from surefoot.data import EstimatorStatus

PERIOD = 0.002
Filter = type[sf.estimation.StateEstimator]
BOTH = pytest.mark.parametrize(
    "filter_class", [sf.estimation.InvariantEkf, sf.estimation.LinearKalmanFilter]
)


@BOTH
@pytest.mark.parametrize("name", ["go2", "a1", "anymal_c"])
@pytest.mark.parametrize("yaw_rate", [0.0, 0.5])
def test_follows_a_noisy_walk(filter_class: Filter, name: str, yaw_rate: float) -> None:
    robot = sf.load_robot(name)
    truth = walk(robot, duration=4.0, yaw_rate=yaw_rate)
    noise = Noise(PERIOD, seed=1)
    estimator = filter_class(robot)
    errors, tilts = [], []
    estimator.reset(truth.sensors(0, noise))
    for k in range(1, len(truth.times)):
        state = estimator.update(truth.sensors(k, noise), truth.contacts[k].astype(float))
        estimated = pin.Quaternion(state.q[3:7]).matrix()
        actual = pin.Quaternion(truth.q[k, 3:7]).matrix()
        if truth.times[k] > 1.0:
            errors.append(estimated @ state.v[:3] - actual @ truth.v[k, :3])
            tilts.append(pin.log3(estimated @ actual.T)[:2])
    assert state.status is EstimatorStatus.OK
    assert np.sqrt(np.mean(np.sum(np.square(errors), axis=1))) < 0.025
    assert np.degrees(np.sqrt(np.mean(np.square(tilts)))) < 0.5
    assert abs(state.q[2] - truth.q[-1, 2]) < 0.01
    travelled = np.linalg.norm(truth.q[-1, :2] - truth.q[0, :2])
    assert np.linalg.norm(state.q[:2] - truth.q[-1, :2]) < 0.02 * travelled


@BOTH
def test_base_and_not_imu_is_estimated_where_the_imu_is_turned_and_far_off(
    filter_class: Filter,
) -> None:
    robot = sf.load_robot("go2")
    moved = replace(
        robot,
        imu_joint=1,
        imu_placement=pin.SE3(pin.rpy.rpyToMatrix(2.0, -1.0, 3.0), np.ones(3) * 0.1),
    )
    truth = walk(moved, duration=2.0)
    estimator = filter_class(moved)
    estimator.reset(truth.sensors(0), yaw=0.0, position=(float(truth.q[0, 0]), 0.0))
    for k in range(1, len(truth.times)):
        state = estimator.update(truth.sensors(k), truth.contacts[k].astype(float))
    np.testing.assert_allclose(state.q[:3], truth.q[-1, :3], atol=5e-3)
    np.testing.assert_allclose(np.abs(state.q[3:7] @ truth.q[-1, 3:7]), 1.0, atol=1e-5)
    np.testing.assert_allclose(state.v[:6], truth.v[-1, :6], atol=0.02)


def test_linear_filter_uses_a_given_orientation_with_its_own_heading() -> None:
    filter_class = sf.estimation.LinearKalmanFilter
    robot = sf.load_robot("go2")
    truth = walk(robot, duration=2.0)
    turn = pin.rpy.rpyToMatrix(0.0, 0.0, 2.0)  # the IMU's idea of north
    estimator = filter_class(robot)
    for k in range(len(truth.times)):
        sensors = truth.sensors(k)
        sensors.orientation = pin.Quaternion(turn @ truth.imu_rotation[k]).coeffs()
        sensors.gyro = sensors.gyro + 0.02 * (k > 250)  # a drifting gyro must not matter
        state = estimator.update(sensors, truth.contacts[k].astype(float))
    angle = 2 * np.arccos(np.minimum(np.abs(state.q[3:7] @ truth.q[-1, 3:7]), 1.0))
    assert np.degrees(angle) < 0.1


def test_lying_then_lifted_height_counts_from_the_ground() -> None:
    robot = sf.load_robot("go2")
    q = robot.q_lying
    up = sf.SensorData(0.0, np.zeros(3), np.array([0, 0, 9.81]), q[7:], np.zeros(robot.nj))
    state = sf.estimation.make_estimator(robot).reset(up)
    feet = robot.contact_positions(state.q)[:, 2] - [c.radius for c in robot.contacts]
    assert abs(feet.min()) < 1e-9
    assert state.status is EstimatorStatus.INITIALIZING


def _standing(
    filter_class: Filter,
) -> tuple[sf.estimation.StateEstimator, sf.RobotModel, sf.SensorData]:
    robot = sf.load_robot("go2")
    sensors = sf.SensorData(
        0.0, np.zeros(3), np.array([0, 0, 9.81]), robot.q_nominal[7:], np.zeros(robot.nj)
    )
    estimator = filter_class(robot)
    for k in range(300):
        estimator.update(replace(sensors, time=k * PERIOD), np.ones(robot.nc))
    return estimator, robot, replace(sensors, time=300 * PERIOD)


@BOTH
@pytest.mark.parametrize(
    "field", ["gyro", "accelerometer", "joint_position", "joint_velocity", "foot_force"]
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_field_that_is_not_finite_is_survived_and_flagged(
    filter_class: Filter, field: str, value: float
) -> None:
    estimator, robot, sensors = _standing(filter_class)
    bad = np.zeros(robot.nc) if field == "foot_force" else getattr(sensors, field).copy()
    bad[0] = value
    state = estimator.update(replace(sensors, **{field: bad}), np.ones(robot.nc))
    assert np.isfinite(state.q).all()
    assert np.isfinite(state.v).all()
    assert np.isfinite(state.covariance).all()
    if field != "foot_force":
        assert state.status is EstimatorStatus.DEGRADED
    state = estimator.update(replace(sensors, time=sensors.time + PERIOD), np.ones(robot.nc))
    assert state.status is EstimatorStatus.OK
    np.testing.assert_allclose(state.q[:3], [0.0, 0.0, 0.3], atol=5e-3)


@BOTH
@pytest.mark.parametrize("time", [0.0, np.nan])
def test_time_that_does_not_advance_holds_the_state(filter_class: Filter, time: float) -> None:
    estimator, robot, sensors = _standing(filter_class)
    before = estimator.state
    state = estimator.update(replace(sensors, time=time), np.ones(robot.nc))
    assert state.status is EstimatorStatus.DEGRADED
    np.testing.assert_array_equal(state.q, before.q)


@BOTH
@pytest.mark.parametrize(
    ("field", "shape"), [("gyro", 4), ("joint_position", 3), ("foot_force", 1), ("orientation", 3)]
)
def test_wrong_shape_is_one_clear_error(filter_class: Filter, field: str, shape: int) -> None:
    estimator, _, sensors = _standing(filter_class)
    with pytest.raises(sf.data.InputError, match=field):
        estimator.update(replace(sensors, **{field: np.zeros(shape)}))
    with pytest.raises(sf.data.InputError, match="planned_contact"):
        estimator.update(sensors, np.zeros(9))


def test_claimed_deviations_are_those_of_states_drawn_from_the_covariance() -> None:
    """Draws of the right-invariant error, put on the estimate exactly."""
    robot = sf.load_robot("go2")
    truth, noise = walk(robot, duration=1.5, yaw_rate=0.8), Noise(PERIOD, seed=2)
    estimator = sf.estimation.InvariantEkf(robot)
    estimator.reset(truth.sensors(0, noise), yaw=0.4, position=(3.0, -2.0))
    for k in range(1, len(truth.times)):
        state = estimator.update(truth.sensors(k, noise), truth.contacts[k].astype(float))
    rotation = pin.Quaternion(state.q[3:7]).matrix()
    velocity, position = rotation @ state.v[:3], state.q[:3]
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(np.zeros(9), state.covariance[:9, :9], size=4000)
    rows = []
    for error in draws:
        turn = pin.exp3(error[:3])
        drawn = turn @ rotation
        roll_pitch = pin.rpy.matrixToRpy(drawn)[:2]
        height = (turn @ position + error[6:9])[2]
        rows.append([*(drawn.T @ (turn @ velocity + error[3:6])), *roll_pitch, height])
    # 4000 draws give a standard deviation to 1.1 %; 5 % is beyond four times that
    np.testing.assert_allclose(estimator.deviation, np.std(rows, axis=0), rtol=0.05)


def test_linear_filter_claims_no_deviation_of_the_given_attitude() -> None:
    estimator, _, _ = _standing(sf.estimation.LinearKalmanFilter)
    deviation = estimator.deviation
    covariance = estimator.state.covariance
    assert np.isnan(deviation[3:5]).all()
    # standing level with zero yaw: base axes are the world's
    np.testing.assert_allclose(deviation[:3] ** 2, np.diag(covariance)[3:6], rtol=1e-3)
    assert deviation[5] == pytest.approx(np.sqrt(covariance[2, 2]))


def test_an_estimate_that_moves_is_not_taken_for_feet_that_slip() -> None:
    """A sudden tilt error (here an accelerometer offset of 0.15 g) moves every foot's estimate.

    Were the feet mistrusted for it, nothing would hold the estimate: it would run away.
    """
    robot = sf.load_robot("go2")
    truth, noise = walk(robot, duration=4.0), Noise(PERIOD, seed=5)
    estimator = sf.estimation.InvariantEkf(robot)
    errors = []
    for k in range(len(truth.times)):
        sample = truth.sensors(k, noise)
        if truth.times[k] > 1.5:
            sample.accelerometer = sample.accelerometer + np.array([1.5, -0.5, 0.0])
        state = estimator.update(sample, truth.contacts[k].astype(float))
        errors.append(np.linalg.norm(state.v[:3] - truth.v[k, :3]))
    assert np.sqrt(np.mean(np.square(errors[-1000:]))) < 0.2


def _standing_on_soles(bias: float, twist_of_a_sole: float) -> float:
    """Yaw error (rad) of G1's filter after 4 s of standing with sensor noise.

    `bias` (rad/s) is how wrong the average at rest takes the gyro about the vertical to be;
    `twist_of_a_sole` (rad) turns the left foot on the ground within 0.2 s, right after that.
    """
    robot = sf.load_robot("g1")
    estimator, noise = sf.estimation.InvariantEkf(robot), Noise(PERIOD, seed=3)
    hip = robot.joint_names.index("left_hip_yaw_joint")
    settled = robot.config.estimator.initialization_time + 0.1
    for k in range(2000):
        time = k * PERIOD
        q, dq = robot.q_nominal[7:].copy(), np.zeros(robot.nj)
        progress = np.clip((time - settled) / 0.2, 0.0, 1.0)
        q[hip] += twist_of_a_sole * progress
        dq[hip] = twist_of_a_sole / 0.2 * (0.0 < progress < 1.0)
        gyro = np.array([0.0, 0.0, bias * (time > settled)])
        gravity = np.array([0.0, 0.0, 9.81])
        sensors = sf.SensorData(time, *noise.apply(gyro, gravity, q, dq))
        state = estimator.update(sensors, np.ones(robot.nc))
    rotation = pin.Quaternion(state.q[3:7]).matrix()
    return float(abs(pin.rpy.matrixToRpy(rotation)[2]))


def test_standing_soles_hold_the_heading_that_a_gyro_bias_would_turn() -> None:
    """Soles rock on their edges but hardly twist: taken alike, yaw drifts by degrees a minute."""
    assert _standing_on_soles(bias=5e-3, twist_of_a_sole=0.0) < 1e-3


def test_a_sole_that_twists_on_the_ground_slips_and_does_not_turn_the_robot() -> None:
    assert _standing_on_soles(bias=0.0, twist_of_a_sole=0.1) < 3e-3


@BOTH
def test_a_robot_that_starts_across_a_slope_keeps_its_tilt(filter_class: Filter) -> None:
    """Its feet stand at different heights: on one level, the slope would be its own tilt."""
    robot, noise, roll = sf.load_robot("go2"), Noise(PERIOD, seed=6), 0.25
    gravity = 9.81 * np.array([0.0, np.sin(roll), np.cos(roll)])
    estimator = filter_class(robot)
    for k in range(1000):
        still = noise.apply(np.zeros(3), gravity, robot.q_nominal[7:], np.zeros(robot.nj))
        state = estimator.update(sf.SensorData(k * PERIOD, *still), np.ones(robot.nc))
    rotation = pin.Quaternion(state.q[3:7]).matrix()
    assert pin.rpy.matrixToRpy(rotation)[0] == pytest.approx(roll, abs=0.01)
    assert np.linalg.norm(state.v[:3]) < 5e-3
    feet = robot.contact_positions(state.q)[:, 2] - [c.radius for c in robot.contacts]
    assert feet.min() == pytest.approx(0.0, abs=5e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_swaying_that_passes_for_rest_leaves_neither_tilt_nor_gyro_bias_wrong(seed: int) -> None:
    """On a slope the robot sways on its held joints while the estimator averages at rest.

    Taken for 5e-4 rad/s, the gyro bias was wrong by 0.015, and the standing robot drifted off.
    """
    robot = sf.load_robot("go2")
    ground = sf.sim.terrain.slope(0.25, "across")
    simulation = sf.sim.Simulation(robot, terrain=ground, seed=seed)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=True))
    sensors = simulation.reset()
    controller.stand()
    while simulation.time < 3.0 - 1e-9:
        sensors = simulation.step(controller.step(sensors), PERIOD)
    believed, true = controller.state, simulation.true_state
    rotations = [pin.Quaternion(q[3:7]).matrix() for q in (believed.q, true.q)]
    tilt = pin.log3(rotations[1] @ rotations[0].T)[:2]
    assert np.linalg.norm(tilt) < 0.01
    assert np.linalg.norm(believed.v[:3] - true.v[:3]) < 3e-3


def test_the_base_of_the_filters_is_none_itself() -> None:
    with pytest.raises(TypeError, match="deviation"):
        sf.estimation.StateEstimator(sf.load_robot("go2"))  # type: ignore[abstract]
