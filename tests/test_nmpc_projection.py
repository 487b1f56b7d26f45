"""Elimination of joint velocities by the equality constraints, against NumPy's own solutions."""

from __future__ import annotations

import numpy as np
import pytest

from surefoot._cpp import mpc

TOLERANCE = 0.02


@pytest.mark.parametrize(("rows", "joints"), [(9, 12), (12, 12), (1, 3), (13, 29)])
def test_every_velocity_that_it_gives_satisfies_the_constraint(rows: int, joints: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        D, C, e = (rng.normal(size=shape) for shape in ((rows, joints), (rows, 17), rows))
        u, s, vt = np.linalg.svd(D, full_matrices=False)
        D = u @ np.diag(s + 0.3) @ vt  # no direction is weak
        basis, feedback, offset, damped = mpc.project(D, C, e, TOLERANCE)
        assert damped == 0
        assert basis.shape == (joints, joints - rows)
        np.testing.assert_allclose(basis.T @ basis, np.eye(joints - rows), atol=1e-9)
        np.testing.assert_allclose(D @ basis, 0.0, atol=1e-9)
        # The shortest of all such velocities, as the pseudo-inverse gives it.
        inverse = np.linalg.pinv(D)
        np.testing.assert_allclose(feedback, -inverse @ C, atol=1e-8)
        np.testing.assert_allclose(offset, -inverse @ e, atol=1e-8)


@pytest.mark.parametrize("weakness", [0.5, 1e-2, 1e-4, 1e-7, 0.0])
def test_a_weak_direction_is_damped_and_counted(weakness: float) -> None:
    """As in a leg that straightens: the velocity stays bounded, the other rows hold."""
    rng = np.random.default_rng(1)
    Q = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    D = Q[:6].copy()
    D[5] = D[4] + weakness * Q[5]
    e = rng.normal(size=6)
    basis, _, offset, damped = mpc.project(D, np.zeros((6, 4)), e, TOLERANCE)
    assert damped == (weakness < TOLERANCE)
    np.testing.assert_allclose(D[:4] @ offset, -e[:4], atol=1e-9)
    assert np.linalg.norm(offset) < 2.0 * np.linalg.norm(e) / TOLERANCE
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-6)
    np.testing.assert_allclose(D[:5] @ basis, 0.0, atol=1e-6)
    if damped == 0:
        np.testing.assert_allclose(D @ offset, -e, atol=1e-9)


def test_more_rows_than_joints_leave_nothing_free() -> None:
    rng = np.random.default_rng(2)
    D = rng.normal(size=(5, 3))
    basis, _, offset, _ = mpc.project(D, np.zeros((5, 2)), rng.normal(size=5), TOLERANCE)
    assert basis.shape == (3, 0)
    assert np.isfinite(offset).all()
