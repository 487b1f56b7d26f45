"""Other solvers of the controller's quadratic programs: same answers, failures that are told."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from test_wbc_reference import random_tick, unknowns

import surefoot as sf
from surefoot.data import InputError, RobotState
from surefoot.wbc import WbcStatus, WholeBodyController, standing_sample
from surefoot.wbc.backends import make_backend

# Relative difference to the own solution in cost and, for the exact ones, in every unknown. The
# iterative ones stop at residuals of 1e-6, which leave room where only small weights hold; on g1
# OSQP so misses the best cost by 0.2 % and ProxQP by a third, so they are compared on go2.
ACCURACY = {"osqp": 1e-3, "proxqp": 1e-3, "daqp": 1e-5, "quadprog": 1e-6}
EXACT = ("daqp", "quadprog")


@pytest.mark.parametrize(
    ("name", "solver"), [*(("go2", each) for each in ACCURACY), *(("g1", each) for each in EXACT)]
)
def test_same_solution_in_weighted_mode(name: str, solver: str) -> None:
    if solver != "osqp":
        pytest.importorskip("qpsolvers")
    robot = sf.load_robot(name)
    own = WholeBodyController(robot, "weighted")
    other = WholeBodyController(robot, "weighted", solver=solver)
    rng = np.random.default_rng(31)
    compared = limited = 0
    for _ in range(20):
        own.reset()
        other.reset()
        tick = random_tick(robot, rng, (0.2, 0.5))
        expected, result = own.solve(*tick), other.solve(*tick)
        assert result.status is not WbcStatus.FAILED
        if expected.status is not WbcStatus.SOLVED or result.iterations > 0:
            continue  # no solution, or the own solver took over
        cost, best = (
            sum(task.weight * r.residuals[task.name] ** 2 for task in own.stack)
            for r in (result, expected)
        )
        assert cost == pytest.approx(best, rel=ACCURACY[solver], abs=ACCURACY[solver])
        assert result.slack < 0.1  # N, N m
        if solver in EXACT:
            x, y = unknowns(robot, result, tick[2]), unknowns(robot, expected, tick[2])
            np.testing.assert_allclose(x, y, atol=ACCURACY[solver] * (1.0 + np.abs(y).max()))
        compared += 1
        limited += expected.active > 0
    assert compared >= 12
    assert limited >= 3


@pytest.mark.parametrize("solver", ["osqp", "quadprog"])
def test_strict_mode_stands(solver: str) -> None:
    robot = sf.load_robot("go2")
    wbc = WholeBodyController(robot, "strict", solver=solver)
    sample = standing_sample(robot, robot.q_nominal)
    state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
    result = wbc.solve(state, sample, sample.contacts)
    assert result.iterations == 0  # the own solver was not needed
    assert result.residuals["base"] < 1e-3
    assert result.forces[:, 2].sum() == pytest.approx(9.81 * robot.mass, rel=1e-3)


def test_solver_can_be_changed_between_ticks_and_must_exist() -> None:
    robot = sf.load_robot("go2")
    wbc = WholeBodyController(robot)
    assert wbc.solver == robot.config.wbc.solver == "surefoot"
    wbc.solver = "osqp"
    assert wbc.solver == "osqp"
    with pytest.raises(InputError, match=r"waltz.*surefoot, osqp"):
        wbc.solver = "waltz"
    assert wbc.solver == "osqp"


def test_where_another_solver_fails_the_own_takes_over_and_says_so() -> None:
    robot = sf.load_robot("go2")
    sample = standing_sample(robot, robot.q_nominal)
    state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
    modes: tuple[Literal["weighted", "strict"], ...] = ("weighted", "strict")
    for mode in modes:
        wbc = WholeBodyController(robot, mode)
        expected = wbc.solve(state, sample, sample.contacts).torque

        def fail(*_: np.ndarray) -> None:
            raise RuntimeError("no licence")

        for broken in (fail, lambda *_: None, lambda H, g, C, low, up: (g * np.nan, low)):
            wbc.reset()
            wbc._kernel.set_backend(broken)
            result = wbc.solve(state, sample, sample.contacts)
            assert result.status is WbcStatus.RELAXED
            np.testing.assert_allclose(result.torque, expected, rtol=1e-4)


@pytest.mark.parametrize("solver", list(ACCURACY))
def test_multipliers_have_the_promised_sign(solver: str) -> None:
    """min (x - 2)^2 + (y + 3)^2 with x <= 1, y >= -1: both bounds bind."""
    if solver != "osqp":
        pytest.importorskip("qpsolvers")
    backend = make_backend(solver, 1e-8)
    assert backend is not None
    answer = backend(
        2.0 * np.eye(2),
        np.array([-4.0, 6.0]),
        np.eye(2),
        np.array([-np.inf, -1.0]),
        np.array([1.0, np.inf]),
    )
    assert answer is not None
    np.testing.assert_allclose(answer[0], [1.0, -1.0], atol=1e-6)
    np.testing.assert_allclose(answer[1], [2.0, -4.0], atol=1e-5)
