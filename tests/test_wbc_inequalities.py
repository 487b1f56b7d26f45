"""Inequality tasks: hard ones hold, soft ones are violated as little as their level allows."""

from __future__ import annotations

import numpy as np
import pytest
import wbc_reference as reference
from test_wbc_reference import random_tick, unknowns

import surefoot as sf
from surefoot.data import InputError
from surefoot.wbc import Stack, WbcStatus, WholeBodyController, default_stack, standing_sample
from surefoot.wbc.tasks import LinearEquality, LinearInequality

SMALL = 1e-9


def joint_bounds(robot: sf.RobotModel, limit: float, name: str) -> LinearInequality:
    """Joint accelerations stay within +-limit."""
    task = LinearInequality(robot.nj, 10.0, name)
    matrix = np.hstack([np.zeros((robot.nj, 6)), np.eye(robot.nj)])
    task.set(matrix, np.full(robot.nj, -limit), np.full(robot.nj, limit))
    return task


def violation(values: np.ndarray, limit: float) -> np.ndarray:
    return np.maximum(np.abs(values) - limit, 0.0)


@pytest.mark.parametrize("mode", ["weighted", "strict"])
@pytest.mark.parametrize("name", ["go2", "g1"])
def test_hard_inequalities_hold(name: str, mode: str) -> None:
    robot = sf.load_robot(name)
    rng = np.random.default_rng(21)
    levels = default_stack(robot).levels
    wbc = WholeBodyController(robot, mode, Stack(levels, [joint_bounds(robot, 25.0, "bounds")]))
    free = WholeBodyController(robot, mode, Stack(default_stack(robot).levels))
    held = 0
    for _ in range(40):
        wbc.reset()
        free.reset()
        tick = random_tick(robot, rng, (0.2, 0.5))
        result, without = wbc.solve(*tick), free.solve(*tick)
        if result.status == WbcStatus.RELAXED:
            assert result.slack > 1e-6 or result.contact_residual > 1e-6
            continue
        assert np.abs(result.acceleration[6:]).max() <= 25.0 + 1e-6
        assert result.residuals["bounds"] < 1e-6
        assert wbc._kernel.allocations == 0
        held += np.abs(without.acceleration[6:]).max() > 25.0
    assert held > 5


@pytest.mark.parametrize(("name", "place"), [("go2", 0), ("go2", 1), ("g1", 0), ("g1", 1)])
def test_soft_inequalities_equal_quadprog_at_every_level(name: str, place: int) -> None:
    """Inequalities at the first or second level; violated there and obeyed below."""
    robot = sf.load_robot(name)
    rng = np.random.default_rng(22)
    limit = 10.0
    levels = [list(level) for level in default_stack(robot).levels]
    levels[place].append(joint_bounds(robot, limit, "bounds"))
    wbc = WholeBodyController(robot, "strict", Stack(levels))
    weights = {task.name: task.weight for task in wbc.stack}
    violated = obeyed = 0
    for _ in range(30):
        wbc.reset()
        state, sample, contacts = random_tick(robot, rng, (0.2, 0.5))
        result = wbc.solve(state, sample, contacts)
        assert result.status != WbcStatus.FAILED
        if result.status == WbcStatus.RELAXED:
            continue
        problem = reference.build(robot, state, sample, contacts)
        x = unknowns(robot, result, contacts)
        scale = 1.0 + np.abs(x).max()
        matrix = np.eye(len(x))[6 : robot.nv]
        distance = violation(x[6 : robot.nv], limit)
        assert result.residuals["bounds"] == pytest.approx(np.linalg.norm(distance), abs=1e-9)
        violated += (distance > 1e-6).any()
        obeyed += (distance < 1e-6).all()
        fixed: list[tuple[np.ndarray, np.ndarray]] = []
        for index, level in enumerate(wbc.stack.levels):
            rows = [(weights[t.name], *problem.tasks[t.name]) for t in level if not t.is_inequality]
            cost = sum(w * np.sum((A @ x - b) ** 2) for w, A, b in rows)
            soft = []
            if index == place:
                bound = np.full(robot.nj, limit)
                soft = [(weights["bounds"], matrix, -bound, bound)]
                cost += weights["bounds"] * distance @ distance
            elif index == place + 1:  # as far violated as the level left it
                problem.C = np.vstack([problem.C, matrix])
                problem.lower = np.r_[problem.lower, -limit - distance]
                problem.upper = np.r_[problem.upper, limit + distance]
            try:
                best, saved = reference.solve(problem, rows, SMALL, fixed, soft)
            except ValueError:
                break  # quadprog finds the levels above too tight to move in
            expected = sum(w * np.sum((A @ best - b) ** 2) for w, A, b in rows)
            if index == place:
                expected += weights["bounds"] * np.sum(violation(best[6 : robot.nv], limit) ** 2)
            tolerance = 1e-10 * scale**2 + 2.0 * saved  # known to first order
            assert cost <= expected + tolerance
            assert expected + SMALL * best @ best <= cost + SMALL * x @ x + tolerance
            fixed += [(A, A @ x) for _, A, _ in rows]
    assert violated > 3
    assert obeyed > 3


def test_soft_inequalities_in_weighted_mode_equal_quadprog() -> None:
    robot = sf.load_robot("go2")
    rng = np.random.default_rng(23)
    limit, config = 10.0, robot.config.wbc
    levels = [list(level) for level in default_stack(robot).levels]
    levels[1].append(joint_bounds(robot, limit, "bounds"))
    wbc = WholeBodyController(robot, "weighted", Stack(levels))
    weights = {task.name: task.weight for task in wbc.stack}
    violated = 0
    for _ in range(40):
        wbc.reset()
        state, sample, contacts = random_tick(robot, rng, (0.2, 0.5))
        result = wbc.solve(state, sample, contacts)
        if result.status == WbcStatus.RELAXED:
            continue
        problem = reference.build(robot, state, sample, contacts)
        rows = [(weights[task], A, b) for task, (A, b) in problem.tasks.items()]
        x = unknowns(robot, result, contacts)
        bound = np.full(robot.nj, limit)
        soft = [(weights["bounds"], np.eye(len(x))[6 : robot.nv], -bound, bound)]
        expected, _ = reference.solve(problem, rows, config.regularization, None, soft)
        np.testing.assert_allclose(x, expected, atol=1e-5 * (1.0 + np.abs(expected).max()))
        violated += np.abs(expected[6 : robot.nv]).max() > limit + 1e-3
    assert violated > 5


def test_a_limit_must_be_an_inequality_and_its_bounds_in_order() -> None:
    robot = sf.load_robot("go2")
    stack = default_stack(robot)
    with pytest.raises(InputError, match="limits"):
        Stack(stack.levels[:1], [stack["posture"]])
    task = LinearInequality(2)
    with pytest.raises(InputError, match=r"rows of task 'inequality'.*lower <= upper"):
        task.set(np.zeros((2, robot.nv)), np.ones(2), np.zeros(2))


def test_wrong_rows_of_linear_tasks_are_told_with_the_remedy_and_change_nothing() -> None:
    robot = sf.load_robot("go2")
    nv, all_unknowns = robot.nv, robot.nv + 12
    task = LinearEquality(2, name="mine")
    with pytest.raises(InputError, match=r"rows of task 'mine'.*3 rows.*greater max_rows"):
        task.set(np.zeros((3, nv)), np.zeros(3))
    with pytest.raises(InputError, match="one a row of A"):
        task.set(np.zeros((2, nv)), np.zeros(1))
    with pytest.raises(InputError, match="finite"):
        task.set(np.full((2, nv), np.nan), np.zeros(2))
    task.set(np.ones((2, nv + 1)), np.zeros(2))  # of another robot
    with pytest.raises(InputError, match=f"{nv}, the accelerations, or {all_unknowns}"):
        WholeBodyController(robot, stack=Stack([[task]]))
    task.set(np.ones((2, nv)), np.ones(2))
    wbc = WholeBodyController(robot, "weighted", Stack([[task]]))
    with pytest.raises(InputError, match="columns"):
        task.set(np.zeros((2, nv + 1)), np.zeros(2))
    with pytest.raises(InputError, match="b must be finite"):
        task.set(np.zeros((2, nv)), np.array([np.nan, 0.0]))
    sample = standing_sample(robot, robot.q_nominal)
    state = sf.data.RobotState(0.0, robot.q_nominal, np.zeros(nv), np.ones(robot.nc))
    wbc.solve(state, sample, sample.contacts)
    A, b = task.last_rows
    np.testing.assert_array_equal(A[:, :nv], np.ones((2, nv)))
    np.testing.assert_array_equal(b, np.ones(2))
    with pytest.raises(InputError, match="max_rows"):
        LinearInequality(-1)


def test_contradictory_hard_limits_give_way_before_friction_and_torque() -> None:
    robot = sf.load_robot("go2")
    wbc = WholeBodyController(robot, "strict")
    impossible = LinearInequality(1, name="impossible")  # the base falls, though its feet stand
    row = np.zeros((1, robot.nv))
    row[0, 2] = 1.0
    impossible.set(row, np.array([-np.inf]), np.array([-300.0]))
    wbc.stack = Stack(default_stack(robot).levels, [impossible])
    sample = standing_sample(robot, robot.q_nominal)
    state = sf.data.RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
    result = wbc.solve(state, sample, sample.contacts)
    assert result.status == WbcStatus.RELAXED
    assert result.slack > 100.0
    assert result.residuals["impossible"] == pytest.approx(result.slack, rel=1e-6)
    assert (result.forces[:, 2] > 0.0).all()
    assert (np.abs(result.torque) <= robot.effort_limit).all()
