"""The linear Kalman filter's kernel against filterpy."""

from __future__ import annotations

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter

from surefoot._cpp.estimation import ErrorCovariance


@pytest.mark.parametrize("feet", [1, 2, 4, 6])
def test_kernel_equals_filterpy_on_random_sequences(feet: int) -> None:
    rng = np.random.default_rng(feet)
    n = 6 + 3 * feet
    oracle = KalmanFilter(dim_x=n, dim_z=3)
    root = rng.normal(size=(n, n))
    oracle.P = root @ root.T / n
    kernel = ErrorCovariance(n)
    kernel.matrix = oracle.P
    for _ in range(200):
        f, q = np.eye(n), rng.normal(size=(n, n))
        f[:3, 3:6] = 0.01 * rng.normal(size=(3, 3))
        oracle.predict(F=f, Q=1e-4 * q @ q.T)
        kernel.matrix = oracle.P.copy()
        kernel.begin()
        oracle.x = np.zeros((n, 1))
        for _ in range(4):
            plus, minus, extra = rng.permutation(n // 3)[:3] * 3 if feet > 1 else (0, 3, 6)
            g, z, root = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(3, 3))
            noise = root @ root.T + 1e-3 * np.eye(3)
            h = np.zeros((3, n))
            h[:, plus : plus + 3] += np.eye(3)
            h[:, minus : minus + 3] -= np.eye(3)
            h[:, extra : extra + 3] += g
            oracle.update(z[:, None], R=noise, H=h)
            assert kernel.update3(plus, minus, extra, g, z, noise, np.inf)
        index, z1, r1 = int(rng.integers(n)), rng.normal(), 0.1
        h = np.zeros((1, n))
        h[0, index] = 1.0
        oracle.update(np.array([[z1]]), R=np.array([[r1]]), H=h)
        assert kernel.update1(index, -1, np.zeros(3), z1, r1, np.inf)
        np.testing.assert_allclose(kernel.matrix, oracle.P, atol=1e-10)
        np.testing.assert_allclose(kernel.correction, oracle.x[:, 0], atol=1e-10)
