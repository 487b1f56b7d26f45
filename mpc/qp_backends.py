"""Other solvers for the NMPC's quadratic program, behind one interface, to compare with its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from surefoot.data import Array, InputError

QP_BACKENDS = ("osqp", "piqp")


@dataclass(frozen=True)
class SparseQp:
    """min 1/2 z'Pz + q'z with A z = b and G z <= h, all stages in one."""

    P: Any
    q: Array
    A: Any
    b: Array
    G: Any
    h: Array

    @classmethod
    def from_stages(cls, stages: list[dict[str, Any]]) -> SparseQp:
        """Join the stages that the NMPC's ``quadratic_program`` gives.

        Parameters
        ----------
        stages
            Dictionaries of each stage (M, H, g, b, blocks), then of the terminal cost.
        """
        nz, nx, N = len(stages[0]["g"]), len(stages[0]["b"]), len(stages) - 1
        nu, size = nz - nx, N * nz + nx
        hessians = [np.triu(s["H"]) + np.triu(s["H"], 1).T for s in stages[:-1]]
        first = sp.lil_matrix((nx, size))
        first[:, nu:nz] = np.eye(nx)
        equal, equal_to = [first], [np.zeros(nx)]
        below, bound = [sp.lil_matrix((0, size))], [np.zeros(0)]
        for k, stage in enumerate(stages[:-1]):
            row = sp.lil_matrix((nx, size))
            row[:, k * nz : (k + 1) * nz] = stage["M"]
            at = (k + 1) * nz + (nu if k + 1 < N else 0)
            row[:, at : at + nx] = -np.eye(nx)
            equal.append(row)
            equal_to.append(-stage["b"])
            for matrix, offset in stage["blocks"]:
                row = sp.lil_matrix((len(offset), size))
                row[:, k * nz : (k + 1) * nz] = -matrix
                below.append(row)
                bound.append(offset)
        return cls(
            sp.block_diag([*hessians, stages[-1]["H"]], "csc"),
            np.concatenate([s["g"] for s in stages]),
            sp.vstack(equal, "csc"),
            np.concatenate(equal_to),
            sp.vstack(below, "csc"),
            np.concatenate(bound),
        )


@dataclass(frozen=True)
class QpResult:
    """What a backend found.

    Attributes
    ----------
    z
        Minimiser.
    primal, dual
        Largest violation of a constraint and of stationarity, the latter over the largest
        gradient.
    iterations, time_s
        Of the solver; thread CPU time, set-up included.
    solved
        The solver's own verdict.
    """

    z: Array
    primal: float
    dual: float
    iterations: int
    time_s: float
    solved: bool


def solve_qp(qp: SparseQp, backend: str, tolerance: float, iterations: int = 10000) -> QpResult:
    """Solve by another solver.

    Parameters
    ----------
    backend
        One of `QP_BACKENDS`.
    tolerance
        Absolute and relative, as the solver understands it.

    Raises
    ------
    InputError
        If the backend is unknown.
    """
    start = time.thread_time()
    if backend == "osqp":
        z, y, count, solved = _osqp(qp, tolerance, iterations)
    elif backend == "piqp":
        z, y, count, solved = _piqp(qp, tolerance)
    else:
        raise InputError("backend", f"unknown: {backend!r}", f"known: {', '.join(QP_BACKENDS)}")
    spent = time.thread_time() - start
    primal = max(np.abs(qp.A @ z - qp.b).max(), (qp.G @ z - qp.h).max(initial=0.0))
    rows = sp.vstack([qp.A, qp.G], "csc")
    dual = np.abs(qp.P @ z + qp.q + rows.T @ y).max() / np.abs(qp.q).max()
    return QpResult(z, float(primal), float(dual), count, spent, solved)


def _osqp(qp: SparseQp, tolerance: float, iterations: int) -> tuple[Array, Array, int, bool]:
    import osqp

    solver = osqp.OSQP()
    solver.setup(
        sp.triu(qp.P, format="csc"),
        qp.q,
        sp.vstack([qp.A, qp.G], "csc"),
        np.concatenate([qp.b, np.full(len(qp.h), -np.inf)]),
        np.concatenate([qp.b, qp.h]),
        eps_abs=tolerance,
        eps_rel=tolerance,
        max_iter=iterations,
        verbose=False,
    )
    result = solver.solve()
    return result.x, result.y, int(result.info.iter), result.info.status == "solved"


def _piqp(qp: SparseQp, tolerance: float) -> tuple[Array, Array, int, bool]:
    import piqp

    solver = piqp.SparseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = tolerance
    solver.setup(qp.P, qp.q, qp.A, qp.b, qp.G, np.full(len(qp.h), -np.inf), qp.h)
    status = solver.solve()
    result = solver.result
    multipliers = np.concatenate([result.y, result.z_u - result.z_l])
    return result.x, multipliers, int(result.info.iter), status == piqp.PIQP_SOLVED
