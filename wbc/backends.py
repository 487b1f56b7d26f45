"""Solvers for the controller's quadratic programs: its own, OSQP, and any of qpsolvers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from surefoot.data import Array, InputError

OWN = "surefoot"
INFINITY = 1e20  # some solvers know no other
Backend = Callable[[Array, Array, Array, Array, Array], "tuple[Array, Array] | None"]


def make_backend(name: str, tolerance: float) -> Backend | None:
    """Return the solver of that name.

    Parameters
    ----------
    name
        "surefoot" (the controller's own), "osqp", or a dense solver that qpsolvers knows and that
        is installed, such as "quadprog", "daqp" or "proxqp".
    tolerance
        Absolute and relative tolerance of iterative solvers.

    Returns
    -------
    Callable or None
        (H, g, C, lower, upper) -> (z, multipliers) of min 1/2 z'Hz + g'z, lower <= Cz <= upper, or
        None where it finds no solution; None for the own solver.

    Raises
    ------
    InputError
        If there is no such solver.
    """
    if name == OWN:
        return None
    if name == "osqp":
        return Osqp(tolerance)
    try:
        import qpsolvers
    except ImportError:
        known: list[str] = []
    else:
        known = list(qpsolvers.dense_solvers)
    if name not in known:
        choice = ", ".join([OWN, "osqp", *known])
        raise InputError(
            "solver", f"{name!r} is not one of {choice}", "pip install surefoot[bench]"
        )
    return QpSolvers(name, tolerance)


class Osqp:
    """OSQP, warm-started while the problem keeps its size."""

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance
        self._solver: Any = None
        self._shape = (-1, -1)

    def __call__(
        self, H: Array, g: Array, C: Array, lower: Array, upper: Array
    ) -> tuple[Array, Array] | None:
        """Solve one problem; matrices are taken as full, so that their pattern never changes."""
        import osqp
        import scipy.sparse as sp

        n, m = len(g), len(lower)
        low, high = np.maximum(lower, -INFINITY), np.minimum(upper, INFINITY)
        rows, columns = np.tril_indices(n)  # by rows: the upper triangle by columns
        if self._solver is None or self._shape != (m, n):
            self._shape = (m, n)
            triangle = sp.csc_matrix(
                (H[columns, rows], rows * 0 + columns, np.r_[0, np.cumsum(np.arange(1, n + 1))]),
                shape=(n, n),
            )
            dense = sp.csc_matrix(
                (
                    C.T.ravel(),
                    np.tile(np.arange(m), n),
                    np.arange(0, m * n + 1, max(m, 1))[: n + 1],
                ),
                shape=(m, n),
            )
            self._solver = osqp.OSQP()
            self._solver.setup(
                triangle,
                g,
                dense,
                low,
                high,
                verbose=False,
                polishing=False,
                eps_abs=self.tolerance,
                eps_rel=self.tolerance,
            )
        else:
            self._solver.update(q=g, l=low, u=high, Px=H[columns, rows], Ax=C.T.ravel())
        answer = self._solver.solve(raise_error=False)
        if answer.info.status != "solved":
            self._solver = None  # nothing of a failure is carried on
            return None
        return answer.x, answer.y


class QpSolvers:
    """One of the solvers that qpsolvers joins."""

    def __init__(self, name: str, tolerance: float) -> None:
        self.name = name
        iterative = {"proxqp": {"eps_abs": tolerance, "eps_rel": tolerance}}
        self._options = iterative.get(name, {})

    def __call__(
        self, H: Array, g: Array, C: Array, lower: Array, upper: Array
    ) -> tuple[Array, Array] | None:
        """Solve one problem, as one-sided rows."""
        import qpsolvers

        above, below = np.isfinite(upper), np.isfinite(lower)
        problem = qpsolvers.Problem(
            H, g, np.vstack([C[above], -C[below]]), np.concatenate([upper[above], -lower[below]])
        )
        answer = qpsolvers.solve_problem(problem, solver=self.name, **self._options)
        if not answer.found or answer.x is None or answer.z is None:
            return None
        multipliers = np.zeros(len(lower))
        multipliers[above] += answer.z[: above.sum()]
        multipliers[below] -= answer.z[above.sum() :]
        return answer.x, multipliers
