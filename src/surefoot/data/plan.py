"""The motion plan that the NMPC hands to the whole-body controller."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

from surefoot.data.checks import Array


class SolveStatus(Enum):
    """What became of one solve."""

    SOLVED = "solved"  # converged to the set tolerance
    ITERATION_LIMIT = "iteration_limit"  # usable: finite, feasible in its constraints
    TIME_LIMIT = "time_limit"  # stopped by its time limit; usable in the same way
    FAILED = "failed"  # nothing of this solve was used; the last good plan was shifted


@dataclass(slots=True)
class KktResiduals:
    """Relative residuals of the optimality conditions, infinity norms, after the solve's step.

    Attributes
    ----------
    stationarity
        Of the last quadratic program: gradient of its Lagrangian over its largest gradient.
    dynamics
        Defects between nodes, of the nonlinear dynamics, in Froude's units for a robot whose base
        stands h high: lengths over h, velocities over sqrt(g h), angular momentum over mass over
        h sqrt(g h), angles over 1 rad.
    equality
        Contact velocities against what stance and swing ask, nonlinear: m/s and rad/s over the
        smaller of sqrt(g h) and sqrt(g / h).
    inequality
        Violated force limits over the robot's weight.
    complementarity
        Slack times multiplier over the cost of the robot's weight as a force in one interval.
    """

    stationarity: float
    dynamics: float
    equality: float
    inequality: float
    complementarity: float

    @property
    def max(self) -> float:
        """Largest of the five."""
        return max(
            self.stationarity, self.dynamics, self.equality, self.inequality, self.complementarity
        )


@dataclass(slots=True)
class Plan:
    """States, inputs and contacts over the horizon.

    Attributes
    ----------
    times
        (N + 1,) node times, s.
    states
        (N + 1, 13 + n) [momentum / mass (linear, angular about the CoM; world), base position,
        base quaternion xyzw, MPC joints].
    inputs
        (N, m) [contact forces or wrenches in world axes, contact after contact; MPC joint
        velocities], constant over each interval.
    contacts
        (N, n_contacts) bool, which contacts carry force in each interval.
    gains
        (N, m, 12 + n) feedback du = K dx; dx in the tangent space of the state: the orientation
        part is the rotation vector in world axes that turns the planned into the actual base.
    status
        What became of the solve that made it.
    residuals
        Of the optimality conditions.
    iterations
        Interior-point iterations of the solve.
    solve_time_s
        Thread CPU time of the solve, s.
    age_solves, age_s
        0 for a fresh plan; else how many solves in a row have failed since it was made, and the
        time from the state it was made for to that of the last one, s.
    damped
        Directions in which contacts were near a singularity (straight legs), over all intervals:
        damped, so that velocities stay bounded.
    step_length
        Of the line search; 1 unless a large change was cut.
    """

    times: Array
    states: Array
    inputs: Array
    contacts: npt.NDArray[np.bool_]
    gains: Array
    status: SolveStatus
    residuals: KktResiduals
    iterations: int
    solve_time_s: float
    age_solves: int = 0
    age_s: float = 0.0
    damped: int = 0
    step_length: float = 1.0


@dataclass(slots=True)
class PlanSample:
    """The plan at one instant: what the whole-body controller tracks.

    Attributes
    ----------
    time
        s.
    base_position, base_orientation
        (3,) world, m; (4,) quaternion xyzw.
    base_velocity, base_acceleration
        (6,) of the base frame's origin: linear, then angular, world axes.
    joint_position, joint_velocity
        (nj,) every actuated joint, also those the NMPC does not move.
    contacts
        (nc,) bool, planned to carry force.
    forces
        (nc, 6) force and moment about the contact frame's origin, world axes; moment zero for
        point contacts, all zero in swing.
    contact_position, contact_velocity, contact_acceleration
        (nc, 3) of the contact frames' origins, world; the swing trajectory.
    contact_orientation
        (nc, 4) quaternions xyzw of the contact frames (meaningful for surface contacts).
    contact_normal
        (nc, 3) unit normals of the ground, world: the axes of point contacts' friction cones (a
        surface's normal is its sole's own). Up where it is left out.
    """

    time: float
    base_position: Array
    base_orientation: Array
    base_velocity: Array
    base_acceleration: Array
    joint_position: Array
    joint_velocity: Array
    contacts: npt.NDArray[np.bool_]
    forces: Array
    contact_position: Array
    contact_velocity: Array
    contact_acceleration: Array
    contact_orientation: Array
    contact_normal: Array = field(default_factory=lambda: np.zeros((0, 3)))

    def __post_init__(self) -> None:
        if len(self.contact_normal) == 0:
            self.contact_normal = np.tile([0.0, 0.0, 1.0], (len(self.contacts), 1))
