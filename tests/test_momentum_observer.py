"""Contact forces from joint torques: against Pinocchio's dynamics and MuJoCo's contacts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp.estimation import MomentumObserver
from surefoot.estimation.base import contact_kinematics
from surefoot.sim import SensorModel, Simulation

ROBOTS = ("go2", "anymal_c", "g1")
GRAVITY = np.array([0.0, 0.0, -9.81])


class Bounce(NamedTuple):
    """(nc,) vertical forces, N, and whether each contact carries force."""

    observed: np.ndarray
    truth: np.ndarray  # as late as the observer's low-pass makes it
    flags: np.ndarray


def _limb_joints(robot: sf.RobotModel) -> list[int]:
    joints = set()
    for contact in robot.contacts:
        j = contact.joint
        while j >= 0:
            joints.add(j)
            j = robot.description.joints[j].parent
    return sorted(joints)


@pytest.mark.parametrize("name", ROBOTS)
def test_torque_by_contact_is_what_the_equations_of_motion_lack(name: str) -> None:
    """Random states, accelerations and torques; J^T f is what Pinocchio leaves over."""
    robot, rng, dt = sf.load_robot(name), np.random.default_rng(1), 1e-3
    model = robot.pin_model
    data = model.createData()
    kinematics = contact_kinematics(robot)
    observer = MomentumObserver(robot.description, kinematics, 0.01)
    for _ in range(5):
        q = pin.integrate(model, robot.q_nominal, 0.3 * rng.normal(size=robot.nv))
        v, a = rng.normal(size=robot.nv), 5.0 * rng.normal(size=robot.nv)
        torque = 10.0 * rng.normal(size=robot.nj)
        lacking = pin.rnea(model, data, q, v, a)[6:] - torque
        rotation = pin.Quaternion(q[3:7]).matrix()
        omega = v[3:6]
        specific_force = a[:3] + np.cross(omega, v[:3]) - rotation.T @ GRAVITY
        observer.reset()
        for step in (-1, 0):  # one sample before, then this one
            kinematics.update(q[7:], v[6:] + step * dt * a[6:])
            observer.update(
                kinematics,
                omega + step * dt * a[3:6],
                specific_force,
                v[6:] + step * dt * a[6:],
                torque,
                dt,
            )
        joints = _limb_joints(robot)
        np.testing.assert_allclose(observer.torque[joints], lacking[joints], atol=1e-8)


def _jacobian(robot: sf.RobotModel, q: np.ndarray, contact: int) -> np.ndarray:
    """(3, nj) of a contact frame's origin by Pinocchio, world axes."""
    model, item = pin.Model(robot.pin_model), robot.contacts[contact]
    frame = pin.Frame("contact", item.joint + 2, 0, item.placement, pin.FrameType.OP_FRAME)
    index, axes = model.addFrame(frame), pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
    return pin.computeFrameJacobian(model, model.createData(), q, index, axes)[:3, 6:]


@pytest.mark.parametrize("name", ROBOTS)
def test_force_is_the_one_that_makes_the_torque(name: str) -> None:
    robot, rng = sf.load_robot(name), np.random.default_rng(2)
    kinematics, q = contact_kinematics(robot), robot.q_nominal
    kinematics.update(q[7:], np.zeros(robot.nj))
    observer = MomentumObserver(robot.description, kinematics, 0.01)
    force = rng.normal(size=(robot.nc, 3)) * robot.mass + [0.0, 0.0, 9.81 * robot.mass]
    for frozen in range(2):
        torque = pin.rnea(
            robot.pin_model, robot.pin_model.createData(), q, np.zeros(robot.nv), np.zeros(robot.nv)
        )[6:]
        for i in range(robot.nc):
            torque = torque - _jacobian(robot, q, i).T @ force[i]
        observer.update(kinematics, np.zeros(3), -GRAVITY, np.zeros(robot.nj), torque, 0.002)
        assert observer.ready == bool(frozen)
    for i in range(robot.nc):
        error = observer.force(kinematics, i) - force[i]
        assert np.linalg.norm(error) < 0.03 * np.linalg.norm(force[i])


def _bounce(robot: sf.RobotModel, dt: float, sensors: SensorModel | None) -> Iterator[Bounce]:
    """A robot on springy legs hops on the spot: observed and true force of every contact."""
    timestep = min(dt, 0.001)
    simulation = Simulation(robot, seed=3, timestep=timestep, actuation_delay=0.0, sensors=sensors)
    kinematics = contact_kinematics(robot)
    time = robot.config.estimator.contact.torque_time
    observer = MomentumObserver(robot.description, kinematics, time)
    home, bend = robot.q_nominal[7:], robot.q_lying[7:] - robot.q_nominal[7:]
    kp = robot.config.control.hold_kp * robot.effort_limit
    kd = robot.config.control.hold_kd * robot.effort_limit
    imu, low_passed = robot.imu_placement, np.zeros((robot.nc, 3))
    for k in range(round(0.6 / dt)):
        depth = 0.15 * np.sin(2 * np.pi * 4.0 * k * dt)
        command = sf.JointCommand(home + depth * bend, np.zeros(robot.nj), kp, kd, 0.0 * home)
        sample = simulation.step(command, dt)
        kinematics.update(sample.joint_position, sample.joint_velocity)
        spin, felt = imu.rotation @ sample.gyro, imu.rotation @ sample.accelerometer
        felt = felt - np.cross(spin, np.cross(spin, imu.translation))
        velocity, torque = sample.joint_velocity, sample.joint_torque
        observer.update(kinematics, spin, felt, velocity, torque, dt)
        rotation = pin.Quaternion(simulation.q[3:7]).matrix()
        truth = simulation.contact_forces[:, :3] @ rotation
        low_passed = low_passed + dt / (time + dt) * (truth - low_passed)
        if observer.ready and k * dt > 0.1:
            forces = np.array([observer.force(kinematics, i) for i in range(robot.nc)])
            up = rotation[2]
            yield Bounce(forces @ up, low_passed @ up, simulation.contact_flags)


@pytest.mark.parametrize("name", ROBOTS)
def test_follows_mujocos_contact_forces_with_perfect_sensors(name: str) -> None:
    """What the observer's own low-pass delays is not its error: the truth is delayed alike.

    Short steps, for MuJoCo integrates the motors' damping implicitly but tells their torque at the
    beginning of the step.
    """
    robot = sf.load_robot(name)
    bounces = list(_bounce(robot, 0.0002, SensorModel.perfect()))
    truth = np.array([b.truth for b in bounces])
    error = np.array([b.observed for b in bounces]) - truth
    weight = 9.81 * robot.mass / robot.nc
    assert truth.min() < 0.5 * weight
    assert truth.max() > 1.5 * weight
    assert np.sqrt(np.mean(error**2)) < 0.05 * weight


@pytest.mark.parametrize("name", ROBOTS)
def test_noisy_sensors_tell_flight_from_stance_by_the_robots_threshold(name: str) -> None:
    """Where the answer is clear: for a while no force, or twice the threshold."""
    robot, dt = sf.load_robot(name), 0.002
    options = robot.config.estimator.contact
    right, since = [], np.zeros(robot.nc)
    before = np.ones(robot.nc, dtype=bool)
    for bounce in _bounce(robot, dt, None):
        since = np.where(bounce.flags == before, since + dt, 0.0)
        before = bounce.flags
        settled = since > 3.0 * options.torque_time
        clear = ~bounce.flags | (bounce.truth > 2.0 * options.force_threshold)
        told = bounce.observed > options.force_threshold
        right += list((told == bounce.flags)[settled & clear])
    assert len(right) > 150
    assert np.mean(right) > 0.95


def test_a_sample_that_is_not_finite_starts_it_anew() -> None:
    robot = sf.load_robot("go2")
    kinematics = contact_kinematics(robot)
    observer = MomentumObserver(robot.description, kinematics, 0.01)
    good, rest = np.ones(robot.nj), np.zeros(robot.nj)
    kinematics.update(robot.q_nominal[7:], rest)
    for torque, ready in ((good, False), (good, True), (good * np.nan, False), (good, False)):
        observer.update(kinematics, np.zeros(3), -GRAVITY, rest, torque, 0.002)
        assert observer.ready == ready
    assert np.isfinite(observer.torque).all()
