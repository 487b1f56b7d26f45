"""Friction in CasADi: a contact's inequalities, and their relaxed barrier."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import robots as _robots
from surefoot.data import Array


def contact_axes(normal: Array, forward: Array) -> Array:
    """Axes (columns x, y, normal; world) of a contact, x along `forward` as far as it can."""
    n = np.asarray(normal) / np.linalg.norm(normal)
    x = forward - n * (n @ forward)
    x = x / np.linalg.norm(x)
    return np.column_stack([x, np.cross(n, x), n])


def inequalities(
    contact: _robots.ContactDescription,
    axes: Any,
    force: Any,
    force_min: float,
    force_max: float,
    share: float = 1.0,
) -> list[Any]:
    """What must not be negative for a contact to hold.

    The pyramid inside the friction cone, its corners on the cone; bounds of the normal force; for a
    surface also the centre of pressure inside the rectangle and the yaw moment (Caron et al.,
    "Stability of surface contacts for humanoid robots", 2015, without the coupling terms).

    Parameters
    ----------
    contact
        Its friction and size.
    axes
        (3, 3) contact axes in the world, columns; numbers or symbols.
    force
        (3,) or (6,) force, and moment about the contact frame's origin; world axes.
    force_min, force_max
        N, of the normal force.
    share
        Of the friction coefficients and of the rectangle that may be used.
    """
    local = axes.T @ force[:3]
    slope = share * contact.friction / np.sqrt(2.0)
    rows = []
    for sign in (1, -1):
        rows += [slope * local[2] + sign * local[i] for i in (0, 1)]
        rows += _wrench_sides(contact, axes, force, share * local[2], sign)
    return [*rows, local[2] - force_min, force_max - local[2]]


def soft_friction(
    contact: _robots.ContactDescription,
    axes: Any,
    force: Any,
    weight: float,
    relaxation: float,
    smoothing: float,
) -> Any:
    """Cost of the relaxed barrier on the cone, the rectangle and the yaw moment.

    Parameters
    ----------
    contact, axes, force
        As in `inequalities`.
    weight
        Of the barrier.
    relaxation
        Slack below which it is a parabola, N.
    smoothing
        Rounds the tip of the cone, N.
    """
    local = axes.T @ force[:3]
    tangential = ca.sqrt(local[0] ** 2 + local[1] ** 2 + smoothing**2)
    slacks = [contact.friction * local[2] - tangential]
    for sign in (1, -1):
        slacks += _wrench_sides(contact, axes, force, local[2], sign)
    return weight * sum(relaxed_barrier(slack, relaxation) for slack in slacks)


def relaxed_barrier(slack: Any, relaxation: float) -> Any:
    """-ln(slack), below `relaxation` the parabola that continues it smoothly."""
    r = (slack - 2.0 * relaxation) / relaxation
    parabola = 0.5 * r**2 - 0.5 - np.log(relaxation)
    return ca.if_else(slack > relaxation, -ca.log(ca.fmax(slack, relaxation)), parabola)


def _wrench_sides(
    contact: _robots.ContactDescription, axes: Any, force: Any, normal_force: Any, sign: int
) -> list[Any]:
    if contact.size == 3:
        return []
    moment = axes.T @ force[3:]
    limits = (contact.half_width, contact.half_length, contact.yaw_friction)
    return [limit * normal_force + sign * moment[i] for i, limit in enumerate(limits)]
