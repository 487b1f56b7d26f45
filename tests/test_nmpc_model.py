"""Centroidal dynamics of the NMPC against Pinocchio and finite differences."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp import mpc

ROBOTS = ["go2", "anymal_c", "g1"]


def random_point(
    robot: sf.RobotModel, model: mpc.CentroidalDynamics, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A random q, v and the NMPC's x, u of it."""
    q = pin.integrate(robot.pin_model, robot.q_nominal, 0.5 * rng.normal(size=robot.nv))
    v = rng.normal(size=robot.nv)
    forces = 50.0 * rng.normal(size=sum(contact.size for contact in robot.contacts))
    return q, v, model.state(q, v), np.concatenate([forces, v[6:]])


@pytest.mark.parametrize("name", ROBOTS)
def test_momentum_and_base_velocity_equal_pinocchio(name: str) -> None:
    robot = sf.load_robot(name)
    model = mpc.CentroidalDynamics(robot.description)
    rng = np.random.default_rng(0)
    for _ in range(10):
        q, v, x, u = random_point(robot, model, rng)
        data = robot.pin_model.createData()
        momentum = pin.computeCentroidalMomentum(robot.pin_model, data, q, v)
        np.testing.assert_allclose(x[:6], momentum.vector / robot.mass, atol=1e-10)
        rate = model.rate(x, u)
        rotation = pin.Quaternion(q[3:7]).matrix()
        np.testing.assert_allclose(rate[6:9], rotation @ v[:3], atol=1e-10)
        np.testing.assert_allclose(rate[9:12], rotation @ v[3:6], atol=1e-10)
        np.testing.assert_allclose(rate[12:], v[6:], atol=0)


@pytest.mark.parametrize("name", ROBOTS)
def test_momentum_rate_is_the_wrench_about_the_com(name: str) -> None:
    robot = sf.load_robot(name)
    model = mpc.CentroidalDynamics(robot.description)
    rng = np.random.default_rng(1)
    q, _, x, u = random_point(robot, model, rng)
    com = pin.centerOfMass(robot.pin_model, robot.pin_model.createData(), q)
    force, moment, first = robot.mass * np.array([0.0, 0.0, -9.81]), np.zeros(3), 0
    for contact, position in zip(robot.contacts, robot.contact_positions(q), strict=True):
        wrench = u[first : first + contact.size]
        force = force + wrench[:3]
        moment = moment + np.cross(position - com, wrench[:3])
        if contact.size == 6:
            moment = moment + wrench[3:]
        first += contact.size
    rate = model.rate(x, u)
    np.testing.assert_allclose(rate[:6] * robot.mass, np.concatenate([force, moment]), atol=1e-9)


@pytest.mark.parametrize("name", ROBOTS)
def test_contact_motion_equals_pinocchio(name: str) -> None:
    robot = sf.load_robot(name)
    model = mpc.CentroidalDynamics(robot.description)
    rng = np.random.default_rng(2)
    q, v, x, u = random_point(robot, model, rng)
    for i, contact in enumerate(robot.contacts):
        copy = pin.Model(robot.pin_model)
        frame = copy.addFrame(
            pin.Frame("c", contact.joint + 2, 0, contact.placement, pin.FrameType.OP_FRAME)
        )
        data = copy.createData()
        pin.framesForwardKinematics(copy, data, q)
        pin.forwardKinematics(copy, data, q, v)
        velocity = pin.getFrameVelocity(copy, data, frame, pin.LOCAL_WORLD_ALIGNED).vector
        values = model.contact_values(x, u, i)
        np.testing.assert_allclose(values[:6], velocity, atol=1e-10)
        np.testing.assert_allclose(values[6:], data.oMf[frame].translation, atol=1e-12)


def moved(
    model: mpc.CentroidalDynamics, x: np.ndarray, u: np.ndarray, column: int, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """The point moved along one column of the Jacobians."""
    nx, n = len(x) - 1, len(x) - 13
    if column < nx:
        return model.add(x, step * np.eye(nx)[column]), u
    # Columns hold joint velocities before forces, inputs the other way round.
    at = column - nx
    at = len(u) - n + at if at < n else at - n
    return x, u + step * np.eye(len(u))[at]


@pytest.mark.parametrize("name", ROBOTS)
def test_derivatives_equal_finite_differences(name: str) -> None:
    robot = sf.load_robot(name)
    model = mpc.CentroidalDynamics(robot.description)
    rng = np.random.default_rng(3)
    dt, h = 0.02, 1e-6
    for _ in range(3):
        _, _, x, u = random_point(robot, model, rng)
        nx = len(x) - 1
        columns = nx + len(u)

        centre = model.step(x, u, dt)
        numeric = np.zeros((nx, columns))
        numeric_contact = np.zeros((len(robot.contacts), 9, columns))
        for column in range(columns):
            ahead, behind = moved(model, x, u, column, h), moved(model, x, u, column, -h)
            numeric[:, column] = (
                model.subtract(model.step(*ahead, dt), centre)
                - model.subtract(model.step(*behind, dt), centre)
            ) / (2 * h)
            for i in range(len(robot.contacts)):
                numeric_contact[i, :, column] = (
                    model.contact_values(*ahead, i) - model.contact_values(*behind, i)
                ) / (2 * h)
        np.testing.assert_allclose(model.jacobian(x, u, dt), numeric, atol=2e-7)
        for i in range(len(robot.contacts)):
            rows = model.contact_rows(x, u, i)
            np.testing.assert_allclose(rows, numeric_contact[i], atol=2e-7)


def test_heun_is_of_second_order() -> None:
    robot = sf.load_robot("go2")
    model = mpc.CentroidalDynamics(robot.description)
    _, _, x, u = random_point(robot, model, np.random.default_rng(4))

    def integrate(steps: int) -> np.ndarray:
        state = x
        for _ in range(steps):
            state = model.step(state, u, 0.1 / steps)
        return state

    exact = integrate(2000)
    errors = [np.abs(model.subtract(integrate(steps), exact)).max() for steps in (10, 20)]
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_frozen_joints_leave_the_same_robot() -> None:
    robot = sf.load_robot("g1")
    legs = [i for i, name in enumerate(robot.joint_names) if "hip" in name or "knee" in name]
    posture = 0.3 * np.random.default_rng(5).normal(size=robot.nj)
    reduced = mpc.reduce(robot.description, legs, posture)
    assert reduced.nj == len(legs)
    assert reduced.mass == pytest.approx(robot.mass, rel=1e-12)
    whole, part = mpc.CentroidalDynamics(robot.description), mpc.CentroidalDynamics(reduced)
    rng = np.random.default_rng(6)
    joints, velocity = posture.copy(), np.zeros(robot.nj)
    joints[legs], velocity[legs] = rng.normal(size=len(legs)), rng.normal(size=len(legs))
    base, twist = robot.q_nominal[:7], rng.normal(size=6)
    x = whole.state(np.concatenate([base, joints]), np.concatenate([twist, velocity]))
    x_part = part.state(
        np.concatenate([base, joints[legs]]), np.concatenate([twist, velocity[legs]])
    )
    np.testing.assert_allclose(x_part[:6], x[:6], atol=1e-12)
    forces = np.ones(12)
    for i in range(2):
        np.testing.assert_allclose(
            part.contact_values(x_part, np.concatenate([forces, velocity[legs]]), i),
            whole.contact_values(x, np.concatenate([forces, velocity]), i),
            atol=1e-11,
        )
