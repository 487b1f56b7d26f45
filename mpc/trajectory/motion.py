"""One interval and one node of a trajectory in CasADi, by inverse dynamics.

A node's position z = [base position, rotation vector from the node's reference orientation (world
axes), joints], its velocity w = [base linear, base angular (world axes), joint velocities]. Forces
are in body weights (moments in body weights times 1 m), of every contact, world axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import robots as _robots
from surefoot.data import Array
from surefoot.mpc.symbolic import GRAVITY, exp_quaternion, log_quaternion, multiply, rotation
from surefoot.mpc.symbolic_friction import inequalities
from surefoot.mpc.symbolic_tree import Body, inverse_dynamics, tree
from surefoot.mpc.trajectory.task import MotionTask


@dataclass(frozen=True)
class MovingJoints:
    """The n joints of the robot's nj that the motion moves; the others stay in their posture.

    Attributes
    ----------
    index
        Of the moving joints among all.
    rest
        (nj,) posture of all joints.
    effort
        (nj,) torque limits of all joints: those that stay have to be held, too.
    velocity
        (n,) velocity limits.
    """

    index: list[int]
    rest: Array
    effort: Array
    velocity: Array

    @property
    def posture(self) -> Array:
        """(n,) posture of the moving joints."""
        return self.rest[self.index]

    def all(self, moving: Any, others: Array) -> Any:
        """(nj,) values of all joints from those of the moving ones."""
        values = ca.SX(others)
        values[self.index] = moving
        return values


@dataclass(frozen=True)
class Expressions:
    """A cost and named rows of variables and parameters (SX columns)."""

    cost: Any
    rows: dict[str, Any]
    variables: Any
    parameters: Any


def interval_expressions(
    description: _robots.RobotDescription, task: MotionTask, joints: MovingJoints
) -> Expressions:
    """An interval: variables (z, w, next z, next w, forces, the phase's length), parameters
    (reference orientations of both nodes, number of intervals in the phase).

    Accelerations and forces are constant over the interval and the equations of motion hold at its
    middle (a midpoint rule; on inverse dynamics in transcriptions: Ferrolho et al.,
    "Inverse dynamics vs. forward dynamics in direct transcription formulations for trajectory
    optimization", 2021).

    Rows
    ----
    defect (6 + n), wrench (6) that is missing at the base in body weights, torque (nj) by its
    limit, friction of every contact in body weights.
    """
    n, weight, limits = len(joints.index), description.mass * GRAVITY, task.limits
    still = np.zeros(description.nj)
    sizes = [contact.size for contact in description.contacts]
    z, w, ref = ca.SX.sym("z", 6 + n), ca.SX.sym("w", 6 + n), ca.SX.sym("ref", 4)
    z1, w1, ref1 = ca.SX.sym("z1", 6 + n), ca.SX.sym("w1", 6 + n), ca.SX.sym("ref1", 4)
    f, length, count = ca.SX.sym("f", sum(sizes)), ca.SX.sym("T"), ca.SX.sym("count")
    dt = length / count

    middle, rate = 0.5 * (w + w1), (w1 - w) / dt
    start, end = (multiply(exp_quaternion(a[3:6]), b) for a, b in ((z, ref), (z1, ref1)))
    turned = multiply(exp_quaternion(dt * middle[3:6]), start)
    conjugate = ca.vertcat(-turned[:3], turned[3])
    moved = dt * (3.0 * w + w1) / 8.0  # until the interval's middle
    half = multiply(exp_quaternion(moved[3:6]), start)
    base = Body(
        rotation(half),
        ca.SX.zeros(3),
        middle[:3],
        middle[3:6],
        rate[:3] + ca.SX([0.0, 0.0, GRAVITY]),
        rate[3:6],
    )
    acceleration = joints.all(rate[6:], still)
    bodies = tree(
        description,
        base,
        joints.all(z[6:] + moved[6:], joints.rest),
        joints.all(middle[6:], still),
        acceleration,
    )
    forces = ca.vertsplit(weight * f, [0, *np.cumsum(sizes).tolist()])
    wrench, torque = inverse_dynamics(description, bodies, forces)
    torque += ca.vertcat(*(joint.armature for joint in description.joints)) * acceleration
    friction: list[Any] = []
    for contact, force in zip(description.contacts, forces, strict=True):
        turn = bodies[contact.frame.joint + 1].rotation @ contact.frame.rotation
        axes = turn if contact.size == 6 else ca.SX.eye(3)
        bounds = (limits.force_min, limits.force_max * weight)
        friction += inequalities(contact, axes, force, *bounds, limits.friction)
    share, before, after = torque / joints.effort, w[6:] / joints.velocity, w1[6:] / joints.velocity
    weights = task.weights
    cost = weights.torque * ca.sumsqr(share) + weights.joint_velocity * ca.sumsqr(after)
    cost += weights.posture * ca.sumsqr(z1[6:] - joints.posture) + weights.tilt * ca.sumsqr(z1[3:5])
    cost = dt * (cost + weights.time) + weights.joint_acceleration * ca.sumsqr(after - before) / dt
    rows = {
        "defect": ca.vertcat(
            z1[:3] - z[:3] - dt * middle[:3],
            log_quaternion(multiply(end, conjugate)),
            z1[6:] - z[6:] - dt * middle[6:],
        ),
        "wrench": wrench / weight,
        "torque": share,
        "friction": ca.vertcat(*friction) / weight,
    }
    return Expressions(
        cost, rows, ca.vertcat(z, w, z1, w1, f, length), ca.vertcat(ref, ref1, count)
    )


def node_expressions(
    description: _robots.RobotDescription, task: MotionTask, joints: MovingJoints
) -> Expressions:
    """A node: variables (z, w, xy of each contact's foothold), parameters (reference orientation,
    weight of the posture's error).

    Rows
    ----
    Of every contact: place (3) where it misses its foothold, velocity (3), hold (3) velocity with
    feedback of the place, height; of surfaces (rows of points are empty): level (2), turn (3)
    angular velocity, hold_turn (3) the same with feedback of the level. Of every joint: clearance,
    its height.
    """
    n, hold, up = len(joints.index), task.limits.hold, ca.DM([0.0, 0.0, 1.0])
    nc = len(description.contacts)
    z, w, ref = ca.SX.sym("z", 6 + n), ca.SX.sym("w", 6 + n), ca.SX.sym("ref", 4)
    feet, heavy = ca.SX.sym("feet", 2 * nc), ca.SX.sym("heavy")
    zero = ca.SX.zeros(3)
    turned = rotation(multiply(exp_quaternion(z[3:6]), ref))
    base = Body(turned, zero, w[:3], w[3:6], zero, zero)
    rates = joints.all(w[6:], np.zeros(description.nj))
    bodies = tree(description, base, joints.all(z[6:], joints.rest), rates)
    rows: dict[str, Any] = {}
    for c, contact in enumerate(description.contacts):
        body, offset = bodies[contact.frame.joint + 1], contact.frame.translation
        place, velocity = z[:3] + body.point(offset), body.point_velocity(offset)
        miss = place - ca.vertcat(feet[2 * c : 2 * c + 2], contact.radius)
        rows[f"place {c}"], rows[f"velocity {c}"] = miss, velocity
        rows[f"hold {c}"], rows[f"height {c}"] = velocity + hold * miss, place[2]
        if contact.size == 6:
            upright = body.rotation @ contact.frame.rotation[:, 2]
            rows[f"level {c}"], rows[f"turn {c}"] = upright[:2], body.omega
            rows[f"hold_turn {c}"] = body.omega - hold * ca.cross(upright, up)
    rows["clearance"] = ca.vertcat(*(z[2] + body.origin[2] for body in bodies[1:]))
    cost = heavy * ca.sumsqr(z[6:] - joints.posture)
    return Expressions(cost, rows, ca.vertcat(z, w, feet), ca.vertcat(ref, heavy))


def change_expressions(forces: int, task: MotionTask) -> Expressions:
    """Two intervals with the same contacts: variables (forces, next forces, the phase's length),
    parameters (number of intervals in the phase). The cost of a change of force."""
    f, f1 = ca.SX.sym("f", forces), ca.SX.sym("f1", forces)
    length, count = ca.SX.sym("T"), ca.SX.sym("count")
    cost = task.weights.force_rate * ca.sumsqr(f1 - f) * count / length
    return Expressions(cost, {}, ca.vertcat(f, f1, length), count)
