"""The dense active-set QP against quadprog, and its optimality conditions."""

from __future__ import annotations

import numpy as np
import pytest
import quadprog

from surefoot._cpp.wbc import QpStatus, solve_qp


def random_problem(
    rng: np.random.Generator, n: int, equalities: int, inequalities: int
) -> tuple[np.ndarray, ...]:
    root = rng.normal(size=(n, n))
    H = root @ root.T + 1e-3 * np.eye(n)
    C = rng.normal(size=(equalities + inequalities, n))
    middle = C @ rng.normal(size=n)
    width = np.concatenate([np.zeros(equalities), rng.exponential(size=inequalities)])
    lower, upper = middle - width, middle + width * rng.random(len(width))
    open_side = np.concatenate([np.zeros(equalities, bool), rng.random(inequalities) < 0.3])
    return H, 5.0 * rng.normal(size=n), C, lower, np.where(open_side, np.inf, upper)


@pytest.mark.parametrize(("n", "equalities", "inequalities"), [(3, 1, 4), (12, 0, 32), (30, 9, 60)])
def test_solution_equals_quadprog_and_is_optimal(
    n: int, equalities: int, inequalities: int
) -> None:
    rng = np.random.default_rng(n)
    bound = 0
    for _ in range(100):
        H, g, C, lower, upper = random_problem(rng, n, equalities, inequalities)
        status, x, multipliers, _ = solve_qp(H, g, C, lower, upper)
        assert status == QpStatus.SOLVED
        finite = np.isfinite(upper)
        finite[:equalities] = False
        G = np.vstack([C, -C[finite]])
        expected = quadprog.solve_qp(
            H, -g, G.T, np.concatenate([lower, -upper[finite]]), equalities
        )[0]
        scale = 1.0 + np.abs(multipliers).max()
        np.testing.assert_allclose(x, expected, atol=1e-7 * (1 + np.abs(expected).max()))
        np.testing.assert_allclose(H @ x + g + C.T @ multipliers, 0.0, atol=1e-9 * scale)
        values = C @ x
        assert (values >= lower - 1e-8).all()
        assert (values <= upper + 1e-8).all()
        np.testing.assert_allclose(values[multipliers > 0], upper[multipliers > 0], atol=1e-8)
        np.testing.assert_allclose(values[multipliers < 0], lower[multipliers < 0], atol=1e-8)
        bound += np.count_nonzero(multipliers[equalities:])
    assert bound > 100


def test_infeasible_and_not_convex_are_told() -> None:
    C = np.array([[1.0, 0.0], [1.0, 0.0]])
    bounds = np.array([1.0, -np.inf]), np.array([np.inf, 0.0])
    assert solve_qp(np.eye(2), np.zeros(2), C, *bounds)[0] == QpStatus.INFEASIBLE
    equal = np.array([1.0, 2.0])
    assert solve_qp(np.eye(2), np.zeros(2), C, equal, equal)[0] == QpStatus.INFEASIBLE
    same = np.array([1.0, 1.0])
    status, x, _, _ = solve_qp(np.eye(2), np.zeros(2), C, same, same)
    assert status == QpStatus.SOLVED
    np.testing.assert_allclose(x, [1.0, 0.0], atol=1e-12)
    indefinite = np.diag([1.0, -1.0])
    assert solve_qp(indefinite, np.zeros(2), C, *bounds)[0] == QpStatus.NOT_CONVEX


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_numbers_beyond_all_bounds_are_told(bad: float) -> None:
    """Found by fuzzing: they must not make the solver write beside its arrays."""
    rng = np.random.default_rng(4)
    for k in range(40):
        H, g, C, lower, upper = random_problem(rng, 6, 2, 12)
        H, g, C, lower = (value.copy() for value in (H, g, C, lower))
        (g, C[3], lower[2:])[k % 3][k % 4] = bad
        status, x, _, _ = solve_qp(H, g, C, lower, np.maximum(lower, upper))
        assert status != QpStatus.SOLVED or np.isfinite(x).all()
