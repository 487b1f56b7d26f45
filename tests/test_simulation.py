"""The MuJoCo plant against Pinocchio and against mechanics done by hand."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot.data import InputError, JointCommand, SimulationError
from surefoot.sim import Payload, SensorModel, Simulation
from surefoot.sim.sensors import SensorNoise

GO2 = sf.load_robot("go2")
TICK = 0.002


def hold(robot: sf.RobotModel, kp: float = 80.0, kd: float = 2.0) -> JointCommand:
    """A PD command that holds the nominal posture."""
    return JointCommand(
        robot.q_nominal[7:],
        np.zeros(robot.nj),
        np.full(robot.nj, kp),
        np.full(robot.nj, kd),
        np.zeros(robot.nj),
    )


def limp(robot: sf.RobotModel) -> JointCommand:
    return JointCommand(*(np.zeros(robot.nj) for _ in range(5)))


def perfect(robot: sf.RobotModel, **options: object) -> Simulation:
    return Simulation(robot, sensors=SensorModel.perfect(), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=sf.robot_names())
def robot(request: pytest.FixtureRequest) -> sf.RobotModel:
    return sf.load_robot(request.param)


def test_dynamics_equal_pinocchio(robot: sf.RobotModel) -> None:
    simulation = Simulation(robot)
    model, data = simulation.mujoco_model, simulation.mujoco_data
    coordinates = simulation.coordinates
    reference = robot.pin_model.createData()
    rng = np.random.default_rng(2)
    for _ in range(5):
        q = pin.integrate(robot.pin_model, robot.q_nominal, rng.normal(size=robot.nv))
        v = rng.normal(size=robot.nv)
        data.qpos[:], data.qvel[:] = coordinates.qpos(q), coordinates.qvel(q, v)
        np.testing.assert_allclose(simulation.q, q, atol=1e-14)
        np.testing.assert_allclose(simulation.v, v, atol=1e-14)
        mujoco.mj_forward(model, data)
        dense = np.zeros((robot.nv, robot.nv))
        mujoco.mj_fullM(model, data, dense)
        pin.computeAllTerms(robot.pin_model, reference, q, v)
        expected = np.triu(reference.M) + np.triu(reference.M, 1).T
        np.testing.assert_allclose(
            coordinates.mass_matrix(data.qpos, dense), expected, rtol=0, atol=1e-10
        )
        bias = coordinates.bias(data.qpos, data.qvel, dense, data.qfrc_bias)
        np.testing.assert_allclose(bias, reference.nle, rtol=0, atol=1e-10)
        np.testing.assert_allclose(
            simulation.contact_positions, robot.contact_positions(q), rtol=0, atol=1e-12
        )


def test_lying_robot_rests_on_the_ground(robot: sf.RobotModel) -> None:
    simulation = perfect(robot)
    sample = simulation.reset(lying=True)
    assert simulation.time == 0.0
    assert simulation.mujoco_data.ncon > 0
    assert simulation.mujoco_data.contact.dist.min() > -1e-3
    assert np.linalg.norm(sample.accelerometer) == pytest.approx(9.81, abs=0.15)
    assert not simulation.v.any()
    np.testing.assert_array_less(robot.position_lower - 0.02, simulation.q[7:])
    np.testing.assert_array_less(simulation.q[7:], robot.position_upper + 0.02)


def test_standing_robot_carries_its_weight() -> None:
    simulation = perfect(GO2)
    for _ in range(1000):
        sample = simulation.step(hold(GO2), TICK)
    weight = GO2.mass * 9.81
    forces = simulation.contact_forces
    assert forces[:, 2].sum() == pytest.approx(weight, rel=5e-3)
    np.testing.assert_allclose(forces[:, :2].sum(axis=0), 0.0, atol=1.0)
    assert simulation.contact_flags.all()
    assert not simulation.base_touches_ground
    assert sample.foot_force is not None
    assert sample.foot_force.sum() == pytest.approx(weight, rel=5e-3)
    np.testing.assert_allclose(simulation.contact_positions[:, 2], 0.022, atol=3e-4)
    # the motors balance gravity and contact forces: S' tau = h - J' f
    reference = GO2.pin_model.createData()
    pin.computeAllTerms(GO2.pin_model, reference, simulation.q, simulation.v)
    generalized = np.zeros(GO2.nv)
    for contact, force in zip(GO2.contacts, forces, strict=True):
        jacobian = pin.getJointJacobian(
            GO2.pin_model, reference, contact.joint + 2, pin.LOCAL_WORLD_ALIGNED
        )
        joint = reference.oMi[contact.joint + 2]
        arm = joint.act(contact.placement).translation - joint.translation
        # the force acts at the sphere's lowest point
        arm = arm - np.array([0.0, 0.0, contact.radius])
        generalized += jacobian.T @ np.concatenate([force[:3], np.cross(arm, force[:3])])
    np.testing.assert_allclose(
        simulation.joint_torque, (reference.nle - generalized)[6:], atol=0.05
    )


def test_surface_contacts_give_wrenches() -> None:
    robot = sf.load_robot("g1")
    simulation = perfect(robot)
    total = np.zeros(robot.nc)
    for _ in range(50):  # it stands up to its first sway
        simulation.step(hold(robot, 200.0, 5.0), TICK)
        total += simulation.contact_forces[:, 2] / 50
    assert total.sum() == pytest.approx(robot.mass * 9.81, rel=0.1)
    for contact, wrench in zip(robot.contacts, simulation.contact_forces, strict=True):
        # the centre of pressure lies inside the sole
        assert contact.kind == "surface"
        assert abs(wrench[3]) <= wrench[2] * (contact.half_width + 1e-3) + 0.1 * abs(wrench[1])
        assert abs(wrench[4]) <= wrench[2] * (contact.half_length + 1e-3) + 0.1 * abs(wrench[0])
        assert wrench[3:].any()


def test_imu_reads_gravity_at_rest_and_nothing_in_free_fall() -> None:
    simulation = perfect(GO2)
    for _ in range(2000):  # until it has stopped rocking
        sample = simulation.step(hold(GO2), TICK)
    rotation = pin.Quaternion(simulation.q[3:7]).matrix() @ GO2.imu_placement.rotation
    np.testing.assert_allclose(rotation @ sample.accelerometer, [0, 0, 9.81], atol=0.05)
    np.testing.assert_allclose(sample.gyro, 0.0, atol=5e-3)
    high = GO2.q_nominal.copy()
    high[2] = 5.0
    simulation.reset(q=high)
    for _ in range(100):
        sample = simulation.step(limp(GO2), TICK)
    assert simulation.v[2] == pytest.approx(-9.81 * 0.2, abs=0.02)
    np.testing.assert_allclose(sample.accelerometer, 0.0, atol=0.02)
    assert not simulation.contact_flags.any()


def test_accelerometer_integrates_to_the_velocity() -> None:
    # standing up from a drop: strapdown integration of perfect samples gives the IMU's velocity
    high = GO2.q_nominal.copy()
    high[2] = 0.40
    simulation = perfect(GO2)
    simulation.reset(q=high)
    velocity = np.zeros(3)
    for _ in range(200):
        before = pin.Quaternion(simulation.q[3:7]).matrix()
        sample = simulation.step(hold(GO2), TICK)
        middle = 0.5 * (before + pin.Quaternion(simulation.q[3:7]).matrix())
        force = middle @ GO2.imu_placement.rotation @ sample.accelerometer
        velocity += TICK * (force - np.array([0.0, 0.0, 9.81]))
    rotation = pin.Quaternion(simulation.q[3:7]).matrix()
    v = simulation.v
    truth = rotation @ (v[:3] + np.cross(v[3:6], GO2.imu_placement.translation))
    np.testing.assert_allclose(velocity, truth, atol=0.01)


def test_push_changes_momentum_by_its_impulse() -> None:
    high = GO2.q_nominal.copy()
    high[2] = 10.0
    force = np.array([40.0, -25.0, 10.0])
    for point in (None, [0.2, 0.1, 0.05]):
        simulation = perfect(GO2)
        simulation.reset(q=high)
        com = _com(simulation)
        lever = np.zeros(3)
        simulation.push(force, 0.1, point)
        for _ in range(60):
            simulation.step(limp(GO2), TICK)
        reference = GO2.pin_model.createData()
        pin.computeCentroidalMomentum(GO2.pin_model, reference, simulation.q, simulation.v)
        gravity = np.array([0.0, 0.0, -9.81 * GO2.mass * 0.12])
        np.testing.assert_allclose(reference.hg.linear, 0.1 * force + gravity, atol=0.02)
        body = GO2.pin_model.inertias[1].lever if point is None else np.array(point)
        lever = high[:3] + body - com
        expected = np.cross(lever, 0.1 * force)
        np.testing.assert_allclose(reference.hg.angular, expected, atol=0.15)


def _com(simulation: Simulation) -> np.ndarray:
    data = simulation.robot.pin_model.createData()
    return pin.centerOfMass(simulation.robot.pin_model, data, simulation.q)


def test_runs_of_one_seed_are_identical_and_seeds_differ() -> None:
    def run(seed: int) -> list[np.ndarray]:
        simulation = Simulation(GO2, seed=seed)
        simulation.reset(lying=True)
        samples = [simulation.step(hold(GO2), TICK) for _ in range(50)]
        return [
            np.array([s.accelerometer for s in samples]),
            np.array([s.joint_velocity for s in samples]),
            simulation.q,
        ]

    first, again, other = run(3), run(3), run(4)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], other[0])
    np.testing.assert_array_equal(first[2], other[2])  # noise does not touch the plant


def test_torque_is_clipped_at_the_effort_limit_and_measured() -> None:
    simulation = perfect(GO2, actuation_delay=0.0)
    command = limp(GO2)
    command.torque = np.linspace(-2.0, 2.0, GO2.nj) * GO2.effort_limit
    sample = simulation.step(command, TICK)
    expected = np.clip(command.torque, -GO2.effort_limit, GO2.effort_limit)
    np.testing.assert_allclose(simulation.joint_torque, expected, rtol=1e-12)
    np.testing.assert_allclose(sample.joint_torque, expected, rtol=1e-12)


def test_motor_driver_follows_its_law() -> None:
    simulation = perfect(GO2, actuation_delay=0.0)
    rng = np.random.default_rng(5)
    command = JointCommand(
        GO2.q_nominal[7:] + 0.1 * rng.normal(size=12),
        rng.normal(size=12),
        rng.uniform(5, 20, 12),
        rng.uniform(0.1, 0.5, 12),
        rng.normal(size=12),
    )
    q, dq = simulation.q[7:], simulation.v[6:]
    simulation.step(command, simulation.timestep)
    law = (
        command.torque + command.kp * (command.position - q) + command.kd * (command.velocity - dq)
    )
    np.testing.assert_allclose(simulation.joint_torque, law, rtol=1e-12)


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.005])
def test_commands_act_after_the_delay(delay: float) -> None:
    simulation = perfect(GO2, actuation_delay=delay)
    command = limp(GO2)
    command.torque = np.full(GO2.nj, 1.5)
    acting = []
    for _ in range(8):
        simulation.step(command, simulation.timestep)
        acting.append(bool(np.allclose(simulation.joint_torque, 1.5)))
    assert acting.index(True) == round(delay / simulation.timestep)
    assert all(acting[acting.index(True) :])


def test_sensor_noise_has_the_stated_statistics() -> None:
    model = SensorModel(gyro_bias_walk=0.0, accelerometer_bias_walk=0.0)
    simulation = Simulation(GO2, sensors=model, seed=1)
    truth = perfect(GO2)
    errors: dict[str, list[np.ndarray]] = {}
    for _ in range(2000):
        noisy, exact = simulation.step(hold(GO2), TICK), truth.step(hold(GO2), TICK)
        for name in ("gyro", "accelerometer", "joint_position", "joint_velocity", "foot_force"):
            errors.setdefault(name, []).append(getattr(noisy, name) - getattr(exact, name))
    rate = 1.0 / np.sqrt(TICK)
    for name, deviation in (
        ("gyro", model.gyro * rate),
        ("accelerometer", model.accelerometer * rate),
        ("joint_position", model.joint_position),
        ("joint_velocity", model.joint_velocity),
        ("foot_force", model.foot_force),
    ):
        centred = np.array(errors[name]) - np.mean(errors[name], axis=0)
        assert centred.std() == pytest.approx(deviation, rel=0.05), name
    biases = np.array([SensorNoise(GO2, model, s).gyro_bias for s in range(200)])
    assert biases.std() == pytest.approx(model.gyro_bias, rel=0.1)


def test_bias_walks_as_the_root_of_time() -> None:
    model = replace(SensorModel.perfect(), gyro_bias_walk=0.1)
    truth = perfect(GO2).sensors()
    ends = []
    for seed in range(60):
        noise = SensorNoise(GO2, model, seed)
        for _ in range(100):
            reading = noise.apply(truth, 0.01)
        ends.append(reading.gyro - truth.gyro)
    assert np.std(ends) == pytest.approx(0.1, rel=0.15)  # 0.1 rad/s^2/sqrt(Hz) for one second


def test_payload_weighs_on_the_feet() -> None:
    simulation = perfect(GO2, payload=Payload(3.0, (0.0, 0.05, 0.1)))
    for _ in range(1000):
        simulation.step(hold(GO2, 120.0, 3.0), TICK)
    forces = simulation.contact_forces[:, 2]
    assert forces.sum() == pytest.approx((GO2.mass + 3.0) * 9.81, rel=5e-3)
    left, right = forces[[0, 2]].sum(), forces[[1, 3]].sum()
    assert left > right + 5.0


def test_sensor_fault_spoils_the_sample() -> None:
    simulation = Simulation(GO2)
    simulation.sensor_fault = lambda sample: replace(sample, gyro=np.full(3, np.nan))
    assert np.isnan(simulation.step(hold(GO2), TICK).gyro).all()


def test_wrong_input_gives_one_clear_error() -> None:
    simulation = Simulation(GO2)
    for options in (
        {"timestep": 0.01},
        {"timestep": -1.0},
        {"friction": 0.0},
        {"actuation_delay": -0.1},
    ):
        with pytest.raises(InputError, match=next(iter(options))):
            Simulation(GO2, **options)  # type: ignore[arg-type]
    command = hold(GO2)
    with pytest.raises(InputError, match="duration"):
        simulation.step(command, 0.0015)
    command.torque = np.full(GO2.nj, np.nan)
    with pytest.raises(InputError, match=r"command\.torque"):
        simulation.step(command, TICK)
    command.torque = np.zeros(3)
    with pytest.raises(InputError, match=r"command\.torque.*shape"):
        simulation.step(command, TICK)
    with pytest.raises(InputError, match="q: has shape"):
        simulation.reset(q=np.zeros(3))
    with pytest.raises(InputError, match="quaternion"):
        simulation.reset(q=np.zeros(GO2.nq))
    with pytest.raises(InputError, match="lying"):
        simulation.reset(v=np.zeros(GO2.nv), lying=True)
    with pytest.raises(InputError, match="force_world"):
        simulation.push([np.inf, 0.0, 0.0], 0.1)
    with pytest.raises(InputError, match=r"SensorModel\.gyro"):
        SensorModel(gyro=-1.0)


def test_divergence_raises() -> None:
    simulation = Simulation(GO2)
    command = hold(GO2)
    simulation.push([1e7, 0.0, 0.0], 1.0)
    with pytest.raises(SimulationError, match="diverged"):
        simulation.step(command, 1.0)
