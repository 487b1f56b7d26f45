"""Contacts are held where they began: position feedback of points that roll and of surfaces."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pinocchio as pin
import pytest
from test_wbc import contact_jacobian

import surefoot as sf
from surefoot.data import InputError, RobotState
from surefoot.wbc import WbcStatus, WholeBodyController, standing_sample

KP, RANGE = 150.0, 0.03


def controller(robot: sf.RobotModel) -> WholeBodyController:
    wbc = WholeBodyController(robot)
    wbc._kernel.options.contact_kp, wbc._kernel.options.contact_range = KP, RANGE
    return wbc


def held_at(
    wbc: WholeBodyController, robot: sf.RobotModel, q: np.ndarray, k: int
) -> sf.wbc.WbcResult:
    state = RobotState(0.002 * k, q, np.zeros(robot.nv), np.ones(robot.nc))
    sample = standing_sample(robot, robot.q_nominal)
    return wbc.solve(state, sample, sample.contacts)


def acceleration(robot: sf.RobotModel, q: np.ndarray, dv: np.ndarray, i: int) -> np.ndarray:
    """Of a contact at rest: there is no drift."""
    return contact_jacobian(robot, q, i) @ dv


@pytest.mark.parametrize("name", ["go2", "g1", "talos"])
def test_feedback_is_of_the_way_that_the_touching_point_slipped(name: str) -> None:
    """The way is added up from the velocity of the material that touches, so rolling is none."""
    robot, rng = sf.load_robot(name), np.random.default_rng(1)
    model, wbc = robot.pin_model, controller(robot)
    size = 0.02 if robot.contacts[0].kind == "point" else 0.003
    step = size * np.r_[0.3 * rng.normal(size=6), rng.normal(size=robot.nj)]
    slip, ticks = np.zeros((robot.nc, 6)), 40
    for k in range(ticks + 1):
        q = pin.integrate(model, robot.q_nominal, k / ticks * step)
        if k > 0:
            middle = pin.integrate(model, robot.q_nominal, (k - 0.5) / ticks * step)
            for i, contact in enumerate(robot.contacts):
                J = contact_jacobian(robot, middle, i)
                slip[i, : contact.size] += J @ step / ticks
        result = held_at(wbc, robot, q, k)
    assert result.contact_residual < 1e-9
    assert np.abs(slip).max() > 1e-3
    for i, contact in enumerate(robot.contacts):
        assert np.linalg.norm(slip[i, :3]) < RANGE
        found = acceleration(robot, q, result.acceleration, i)
        # a turn's velocity adds up to its rotation vector to second order
        np.testing.assert_allclose(found, -KP * slip[i, : contact.size], atol=2e-3 * KP * size)


@pytest.mark.parametrize("name", ["go2", "g1"])
def test_a_contact_that_slipped_far_takes_its_new_place(name: str) -> None:
    robot = sf.load_robot(name)
    wbc, far = controller(robot), robot.q_nominal.copy()
    held_at(wbc, robot, robot.q_nominal, 0)
    far[0] += 3.0 * RANGE  # all contacts slide along x
    pulled = acceleration(robot, far, held_at(wbc, robot, far, 1).acceleration, 0)
    np.testing.assert_allclose(pulled[:3], [-KP * RANGE, 0.0, 0.0], atol=1e-8)
    far[0] -= RANGE  # back by that much: at home in the new place
    still = acceleration(robot, far, held_at(wbc, robot, far, 2).acceleration, 0)
    np.testing.assert_allclose(still, 0.0, atol=1e-8)


def test_a_new_contact_begins_where_it_touches() -> None:
    robot = sf.load_robot("go2")
    wbc, moved = controller(robot), robot.q_nominal.copy()
    sample = standing_sample(robot, robot.q_nominal)
    rest = np.zeros(robot.nv)
    wbc.solve(RobotState(0.0, robot.q_nominal, rest, np.ones(4)), sample, np.ones(4, dtype=bool))
    lifted = np.array([False, True, True, True])
    for k in range(1, 40):
        wbc.solve(RobotState(0.002 * k, robot.q_nominal, rest, np.ones(4)), sample, lifted)
    moved[0] += 0.01
    result = wbc.solve(RobotState(0.08, moved, rest, np.ones(4)), sample, np.ones(4, dtype=bool))
    np.testing.assert_allclose(acceleration(robot, moved, result.acceleration, 0), 0.0, atol=1e-8)
    held = acceleration(robot, moved, result.acceleration, 1)
    np.testing.assert_allclose(held, [-KP * 0.01, 0.0, 0.0], atol=1e-8)
    wbc.reset()
    result = wbc.solve(RobotState(0.09, moved, rest, np.ones(4)), sample, np.ones(4, dtype=bool))
    np.testing.assert_allclose(acceleration(robot, moved, result.acceleration, 1), 0.0, atol=1e-8)


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_friction_of_points_is_about_the_plans_normals(mode: Literal["weighted", "strict"]) -> None:
    """Forces stay in the cone about the ground's normal, also where they leave the one about up."""
    robot, rng = sf.load_robot("go2"), np.random.default_rng(5)
    wbc = WholeBodyController(robot, mode)
    friction = np.array([contact.friction for contact in robot.contacts])
    bound = other = 0
    for _ in range(40):
        sample = standing_sample(robot, robot.q_nominal)
        tilt = 0.4 * rng.normal(size=(robot.nc, 2))
        normals = np.column_stack([tilt, np.ones(robot.nc)])
        sample.contact_normal = normals / np.linalg.norm(normals, axis=1)[:, None]
        sample.base_acceleration[:2] = 6.0 * rng.normal(size=2)
        wbc.reset()
        state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
        result = wbc.solve(state, sample, sample.contacts)
        assert result.status is WbcStatus.SOLVED
        force = result.forces[:, :3]
        along = np.sum(force * sample.contact_normal, axis=1)
        across = np.linalg.norm(force - along[:, None] * sample.contact_normal, axis=1)
        assert (across <= friction * along + 1e-7).all()
        # the pyramid's sides touch the cone at its corners and are 1 / sqrt(2) inside between
        bound += int((across >= (friction * along) / np.sqrt(2.0) - 1e-6).sum())
        other += int((np.hypot(*force[:, :2].T) > friction * force[:, 2] + 1e-3).sum())
    assert bound > 20
    assert other > 5


def test_normals_that_are_none_are_refused() -> None:
    robot = sf.load_robot("go2")
    wbc = WholeBodyController(robot)
    state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
    sample = standing_sample(robot, robot.q_nominal)
    np.testing.assert_array_equal(sample.contact_normal, np.tile([0.0, 0.0, 1.0], (robot.nc, 1)))
    sample.contact_normal = np.zeros((robot.nc, 3))
    assert wbc.solve(state, sample, sample.contacts).status is WbcStatus.FAILED
    sample.contact_normal = np.ones((robot.nc, 2))
    with pytest.raises(InputError, match="contact_normal"):
        wbc.solve(state, sample, sample.contacts)
