"""Soft joint limits in CasADi."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import robots as _robots
from surefoot.data import Array
from surefoot.mpc.symbolic import rotation
from surefoot.mpc.symbolic_tree import inverse_dynamics, still_base, tree


def hinge(values: Any, lower: Array, upper: Array, margin: float) -> Any:
    """Half the squares of what lies beyond the bounds, drawn in by `margin` times their range."""
    range_ = upper - lower
    inset = np.where(np.isfinite(range_), margin * np.where(np.isfinite(range_), range_, 0.0), 0.0)
    over = ca.fmax(values - (upper - inset), 0.0)
    under = ca.fmax(lower + inset - values, 0.0)
    return 0.5 * (ca.sumsqr(over) + ca.sumsqr(under))


def contact_torque(description: _robots.RobotDescription) -> Any:
    """Function of state and contact forces: joint torques that hold the forces, nothing else
    acting; as `inverse_dynamics` without mass would give them."""
    sizes = [contact.size for contact in description.contacts]
    n = description.nj
    x, f = ca.SX.sym("x", 13 + n), ca.SX.sym("f", sum(sizes))
    bodies = tree(description, still_base(rotation(x[9:13])), x[13:], ca.SX.zeros(n))
    forces = ca.vertsplit(f, [0, *np.cumsum(sizes).tolist()])
    _, torque = inverse_dynamics(description, bodies, forces)
    return ca.Function("contact_torque", [x, f], [torque])
