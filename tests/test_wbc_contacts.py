"""Contacts are held where they began: position feedback of points that roll and of surfaces."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from test_wbc import contact_jacobian

import surefoot as sf
from surefoot.data import RobotState
from surefoot.wbc import WholeBodyController, standing_sample

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
