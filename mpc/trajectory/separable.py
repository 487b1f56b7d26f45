"""Nonlinear programs made of many small, like parts; their derivatives are as small.

An interval of a trajectory touches few of its variables. Each part is written once, as scalar
expressions; its Jacobian and Hessian are dense in its own variables and are added up into the
sparse ones of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
import numpy.typing as npt

from surefoot.data import Array, SurefootError

Index = npt.NDArray[np.int_]


@dataclass(frozen=True)
class Part:
    """A cost and constraint rows, repeated over parts of the variables.

    Attributes
    ----------
    cost, rows
        SX expressions: scalar, column.
    variables, parameters
        SX columns they are made of.
    index
        (variables, N) which of the program's variables they are, repetition by repetition.
    values
        (parameters, N).
    lower, upper
        (rows, N) bounds; a row that has none is left out.
    """

    cost: Any
    rows: Any
    variables: Any
    parameters: Any
    index: Index
    values: Array
    lower: Array
    upper: Array


@dataclass(frozen=True)
class Program:
    """A nonlinear program for ``casadi.nlpsol``."""

    nlp: dict[str, Any]
    derivatives: dict[str, Any]  # options that give nlpsol the functions
    lower: Array  # of the rows
    upper: Array
    origin: Index  # (rows, 3): part, row and repetition of each


def assemble(size: int, parts: Sequence[Part]) -> Program:
    """The sum of all parts in `size` variables."""
    x, p = ca.MX.sym("x", size), ca.MX.sym("p", 0)
    factor, multiplier = ca.MX.sym("lam_f"), [_Multipliers(part, i) for i, part in enumerate(parts)]
    cost, rows, gradients, hessians = ca.MX(0), [], [], []
    for part, own in zip(parts, multiplier, strict=True):
        count = part.index.shape[1]
        local = ca.reshape(x[part.index.ravel(order="F").tolist()], part.index.shape[0], count)
        values = ca.DM(part.values)
        basic = ca.Function("part", [part.variables, part.parameters], [part.cost, part.rows])
        costs, all_rows = basic.map(count)(local, values)
        cost += ca.sum2(costs)
        rows.append(ca.vec(all_rows)[own.kept])
        jacobian = ca.cse(ca.jacobian(part.rows, part.variables))
        first = ca.Function("first", [part.variables, part.parameters], [jacobian])
        pattern = first.sparsity_out(0)
        dense = ca.horzsplit(first.map(count)(local, values), part.index.shape[0])
        gradients.append(_place_jacobian(dense, pattern, part, own, size))
        lam = ca.SX.sym("lam", part.rows.numel())
        total = lam_f = ca.SX.sym("lam_f")
        total = lam_f * part.cost + ca.dot(lam, part.rows)
        hessian = ca.cse(ca.tril(ca.hessian(total, part.variables)[0]))
        inputs = [part.variables, part.parameters, lam_f, lam]
        second = ca.Function("second", inputs, [hessian])
        repeated = ca.repmat(factor, 1, count)
        blocks = second.map(count)(local, values, repeated, own.spread)
        hessians.append(_place_hessian(blocks, second.sparsity_out(0), part, size))
    g = ca.vertcat(*rows)
    lam_g = ca.vertcat(*(own.symbol for own in multiplier))
    derivatives = {
        "jac_g": ca.Function("nlp_jac_g", [x, p], [g, ca.vertcat(*gradients)]),
        "hess_lag": ca.Function(
            "nlp_hess_l", [x, p, factor, lam_g], [sum(hessians[1:], hessians[0])]
        ),
    }
    return Program(
        {"x": x, "p": p, "f": cost, "g": g},
        derivatives,
        np.concatenate([own.lower for own in multiplier]),
        np.concatenate([own.upper for own in multiplier]),
        np.concatenate([own.origin for own in multiplier]),
    )


class _Multipliers:
    """The kept rows of a part and their multipliers."""

    def __init__(self, part: Part, number: int) -> None:
        lower, upper = (a.ravel(order="F") for a in (part.lower, part.upper))
        kept = np.flatnonzero(np.isfinite(lower) | np.isfinite(upper))
        self.kept = kept.tolist()
        height = part.lower.shape[0]
        self.origin = np.stack(
            [np.full(len(kept), number), kept % max(height, 1), kept // max(height, 1)], 1
        )
        self.lower, self.upper = lower[kept], upper[kept]
        self.symbol = ca.MX.sym(f"lam_{number}", len(kept))
        # Dropped rows have the multiplier zero.
        place = ca.DM.triplet(self.kept, list(range(len(kept))), ca.DM.ones(len(kept)),
                              lower.size, len(kept))  # fmt: skip
        self.spread = ca.reshape(ca.densify(place @ self.symbol), *part.lower.shape)


def _gather(values: Any, rows: Index, columns: Index, shape: tuple[int, int]) -> Any:
    """Sparse matrix of the values at (rows, columns); values of one place add up."""
    key = columns * shape[0] + rows
    unique, where = np.unique(key, return_inverse=True)
    sparsity = ca.Sparsity.triplet(
        shape[0], shape[1], (unique % shape[0]).tolist(), (unique // shape[0]).tolist()
    )
    add = ca.DM.triplet(where.tolist(), list(range(len(key))), ca.DM.ones(len(key)),
                        len(unique), len(key))  # fmt: skip
    return ca.MX(sparsity, ca.densify(add @ values))


def _place_jacobian(
    dense: list[Any], pattern: Any, part: Part, own: _Multipliers, size: int
) -> Any:
    rows, columns = (np.array(a, dtype=int) for a in pattern.get_triplet())
    count, height = part.index.shape[1], part.rows.numel()
    number = np.full(height * count, -1)
    number[own.kept] = np.arange(len(own.kept))
    at = number[(rows[:, None] + height * np.arange(count)).ravel(order="F")]
    column = part.index[columns].ravel(order="F")
    values = ca.vertcat(*(_nonzeros(block, pattern) for block in dense))
    kept = np.flatnonzero(at >= 0)
    return _gather(values[kept.tolist()], at[kept], column[kept], (len(own.kept), size))


def _place_hessian(blocks: Any, pattern: Any, part: Part, size: int) -> Any:
    """Upper triangle of the whole."""
    rows, columns = (np.array(a, dtype=int) for a in pattern.get_triplet())
    split = ca.horzsplit(blocks, part.index.shape[0])
    values = ca.vertcat(*(_nonzeros(block, pattern) for block in split))
    i, j = part.index[rows].ravel(order="F"), part.index[columns].ravel(order="F")
    twice = np.repeat((rows != columns)[:, None], part.index.shape[1], axis=1).ravel(order="F")
    same = twice & (i == j)  # two of the part's variables are one of the program's
    values = ca.DM(np.where(same, 2.0, 1.0)) * values
    return _gather(values, np.minimum(i, j), np.maximum(i, j), (size, size))


def _nonzeros(block: Any, pattern: Any) -> Any:
    if block.sparsity() != pattern:
        raise SurefootError("a part's derivative has changed its sparsity")
    return block.nz[:]
