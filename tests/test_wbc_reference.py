"""The controller's solution against quadprog on the problem written out in full."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
import wbc_reference as reference

import surefoot as sf
from surefoot.data import PlanSample, RobotState
from surefoot.wbc import WbcStatus, WholeBodyController, standing_sample

ROBOTS = ("go2", "anymal_c", "g1", "talos")
# Ticks a robot: a selection here, and all 2,000 of four robots by `pytest -m slow`.
TICKS = (40, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(3600)]))


def random_tick(
    robot: sf.RobotModel, rng: np.random.Generator, scales: tuple[float, ...] = (0.2, 1.0, 2.0)
) -> tuple[RobotState, PlanSample, np.ndarray]:
    scale = rng.choice(scales)
    step = scale * np.concatenate([0.05 * rng.normal(size=6), 0.1 * rng.normal(size=robot.nj)])
    q = pin.integrate(robot.pin_model, robot.q_nominal, step)
    state = RobotState(0.0, q, 0.3 * scale * rng.normal(size=robot.nv), np.ones(robot.nc))
    sample = standing_sample(robot, robot.q_nominal)
    sample.base_acceleration = scale * rng.normal(size=6)
    sample.forces[:, :3] += scale * 0.1 * 9.81 * robot.mass * rng.normal(size=(robot.nc, 3))
    sample.contact_velocity = 0.3 * rng.normal(size=(robot.nc, 3))
    return state, sample, rng.random(robot.nc) < 0.75


def without_joint_limits(robot: sf.RobotModel) -> sf.wbc.Stack:
    """The default stack as `wbc_reference.build` writes it."""
    return sf.wbc.Stack(sf.wbc.default_stack(robot).levels)


def unknowns(robot: sf.RobotModel, result: sf.wbc.WbcResult, contacts: np.ndarray) -> np.ndarray:
    forces = [result.forces[i, : robot.contacts[i].size] for i in range(robot.nc) if contacts[i]]
    return np.concatenate([result.acceleration, *forces])


@pytest.mark.parametrize("ticks", TICKS)
@pytest.mark.parametrize("name", ROBOTS)
def test_weighted_equals_quadprog(name: str, ticks: int) -> None:
    robot = sf.load_robot(name)
    config, rng = robot.config.wbc, np.random.default_rng(11)
    wbc = WholeBodyController(robot, "weighted", without_joint_limits(robot))
    weights = {task.name: task.weight for task in wbc.stack}
    compared = limited = 0
    for _ in range(ticks):
        wbc.reset()
        state, sample, contacts = random_tick(robot, rng)
        result = wbc.solve(state, sample, contacts)
        assert result.status != WbcStatus.FAILED
        problem = reference.build(robot, state, sample, contacts)
        rows = [(weights[task], A, b) for task, (A, b) in problem.tasks.items()]
        try:
            expected, _ = reference.solve(problem, rows, config.regularization)
        except ValueError:  # quadprog: no solution
            assert result.status == WbcStatus.RELAXED
            continue
        assert result.status == WbcStatus.SOLVED
        compared += 1
        limited += result.active > 0
        x = unknowns(robot, result, contacts)
        np.testing.assert_allclose(x, expected, atol=1e-6 * (1.0 + np.abs(expected).max()))
        for task, (A, b) in problem.tasks.items():
            assert result.residuals[task] == pytest.approx(
                np.linalg.norm(A @ expected - b), abs=1e-5 * (1.0 + np.abs(expected).max())
            )
    assert compared > ticks // 2
    assert limited > compared // 10


@pytest.mark.parametrize("ticks", TICKS)
@pytest.mark.parametrize("name", ROBOTS)
def test_strict_equals_quadprog_at_every_level(name: str, ticks: int) -> None:
    """Level by level: earlier rows become equalities at their optimum, then the next is solved.

    quadprog wants a regularisation r |x|^2. So its solution must be best in (cost + r |x|^2), and
    the controller's must be no worse in the cost alone.
    """
    robot = sf.load_robot(name)
    rng = np.random.default_rng(12)
    wbc = WholeBodyController(robot, "strict", without_joint_limits(robot))
    small = 1e-9
    wbc._kernel.options.check_kkt = True
    weights = {task.name: task.weight for task in wbc.stack}
    compared = limited = at_two_levels = 0
    for _ in range(ticks):
        wbc.reset()
        state, sample, contacts = random_tick(robot, rng)
        result = wbc.solve(state, sample, contacts)
        assert result.status != WbcStatus.FAILED
        if result.status == WbcStatus.RELAXED:
            continue
        assert result.kkt < 1e-8
        problem = reference.build(robot, state, sample, contacts)
        x = unknowns(robot, result, contacts)
        values = problem.C @ x
        scale = 1.0 + np.abs(x).max()
        assert (values >= problem.lower - 1e-9 * scale).all()
        assert (values <= problem.upper + 1e-9 * scale).all()
        motion = problem.equality @ x - problem.equality_target
        assert np.abs(motion).max() < 1e-9 * (1.0 + np.abs(problem.equality).max() * scale)
        limited_levels = 0
        fixed: list[tuple[np.ndarray, np.ndarray]] = []
        for level in wbc.stack.levels:
            rows = [(weights[t.name], *problem.tasks[t.name]) for t in level]
            cost = sum(w * np.sum((A @ x - b) ** 2) for w, A, b in rows)
            try:
                best, saved = reference.solve(problem, rows, small, fixed)
            except ValueError:
                break  # quadprog finds the levels above too tight to move in
            expected = sum(w * np.sum((A @ best - b) ** 2) for w, A, b in rows)
            tolerance = 1e-10 * scale**2 + 2.0 * saved  # known to first order
            assert cost <= expected + tolerance
            assert expected + small * best @ best <= cost + small * x @ x + tolerance
            compared += 1
            limited_levels += cost > 1e-9 * scale**2 and reference.binds(problem, rows, fixed)
            # The levels below may use whatever this one, as solved by the controller, leaves.
            fixed += [(A, A @ x) for _, A, _ in rows]
        limited += result.active > 0
        at_two_levels += limited_levels > 1
    assert compared > ticks
    assert limited > ticks // 10
    if name != "anymal_c":  # whose motors are strong
        assert at_two_levels > ticks // 40


@pytest.mark.parametrize("ticks", TICKS)
@pytest.mark.parametrize("name", ROBOTS)
def test_a_lower_level_never_disturbs_a_higher_one(name: str, ticks: int) -> None:
    robot = sf.load_robot(name)
    rng = np.random.default_rng(13)
    stack = without_joint_limits(robot)
    full = WholeBodyController(robot, "strict", stack)
    for depth in (1, 2):
        part = WholeBodyController(robot, "strict", sf.wbc.Stack(stack.levels[:depth]))
        for _ in range(ticks):
            full.reset()
            part.reset()
            tick = random_tick(robot, rng)
            alone, together = part.solve(*tick).residuals, full.solve(*tick).residuals
            for level in stack.levels[: depth - 1]:
                for task in level:
                    assert together[task.name] == pytest.approx(alone[task.name], abs=1e-9)
            level_cost = [
                sum(t.weight * r[t.name] ** 2 for t in stack.levels[depth - 1])
                for r in (alone, together)
            ]
            assert np.sqrt(level_cost[1]) == pytest.approx(
                np.sqrt(level_cost[0]), abs=1e-9, rel=1e-9
            )
