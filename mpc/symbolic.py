"""Centroidal dynamics in CasADi: the NMPC's model, written a second time and another way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import robots as _robots
from surefoot.mpc.symbolic_tree import still_base, tree

GRAVITY = 9.81


def skew(a: Any) -> Any:
    """Matrix of the cross product."""
    return ca.skew(a)


def exp_quaternion(a: Any) -> Any:
    """Quaternion xyzw of a rotation vector, smooth at zero."""
    angle = ca.sqrt(ca.dot(a, a) + 1e-20)
    return ca.vertcat(ca.sin(0.5 * angle) / angle * a, ca.cos(0.5 * angle))


def log_quaternion(q: Any) -> Any:
    """Rotation vector of a quaternion xyzw, smooth at zero; for angles below pi."""
    sine = ca.sqrt(ca.dot(q[:3], q[:3]) + 1e-20)
    return 2.0 * ca.atan2(sine, q[3]) / sine * q[:3]


def multiply(a: Any, b: Any) -> Any:
    """Product of two quaternions xyzw."""
    return ca.vertcat(
        a[3] * b[:3] + b[3] * a[:3] + ca.cross(a[:3], b[:3]), a[3] * b[3] - ca.dot(a[:3], b[:3])
    )


def rotation(q: Any) -> Any:
    """Rotation matrix of a unit quaternion xyzw."""
    s = ca.skew(q[:3])
    return ca.SX.eye(3) + 2.0 * q[3] * s + 2.0 * s @ s


def add(x: Any, dx: Any) -> Any:
    """State plus tangent step (rotation vector in world axes)."""
    turned = multiply(exp_quaternion(dx[9:12]), x[9:13])
    return ca.vertcat(x[:9] + dx[:9], turned, x[13:] + dx[12:])


def subtract(a: Any, b: Any) -> Any:
    """Tangent step from b to a."""
    conjugate = ca.vertcat(-b[9:12], b[12])
    turn = log_quaternion(multiply(a[9:13], conjugate))
    return ca.vertcat(a[:9] - b[:9], turn, a[13:] - b[13:])


@dataclass(frozen=True)
class Model:
    """CasADi functions of a robot.

    Attributes
    ----------
    rate
        (x, u) -> tangent rate (12 + n).
    contacts
        (x, u) -> positions (3, nc), velocities (3, nc), angular velocities (3, nc), world.
    rotations
        x -> rotation matrices of the contact frames side by side (3, 3 nc), world.
    """

    rate: Any
    contacts: Any
    rotations: Any


def build_model(description: _robots.RobotDescription) -> Model:
    """Write the robot's centroidal dynamics symbolically.

    The base is held still to find what the joints alone do; the momentum then gives the base's
    velocity by one 3x3 system.

    Parameters
    ----------
    description
        Every joint of it moves; see ``surefoot._cpp.mpc.reduce`` to freeze some.
    """
    n, mass = description.nj, description.mass
    sizes = [contact.size for contact in description.contacts]
    x, u = ca.SX.sym("x", 13 + n), ca.SX.sym("u", sum(sizes) + n)
    base, joints, rates = rotation(x[9:13]), x[13:], u[sum(sizes) :]
    bodies = tree(description, still_base(base), joints, rates)
    inertias = [description.base, *(joint.body for joint in description.joints)]
    coms = [b.point(m.com) for b, m in zip(bodies, inertias, strict=True)]
    com = sum((m.mass * c for m, c in zip(inertias, coms, strict=True)), ca.SX.zeros(3)) / mass
    inertia, linear, angular = ca.SX.zeros(3, 3), ca.SX.zeros(3), ca.SX.zeros(3)
    for body, m, c in zip(bodies, inertias, coms, strict=True):
        turned, arm = body.rotation @ m.inertia @ body.rotation.T, c - com
        velocity = body.point_velocity(m.com)
        inertia += turned - m.mass * skew(arm) @ skew(arm)
        linear += m.mass * velocity
        angular += turned @ body.omega + m.mass * ca.cross(arm, velocity)
    omega = ca.inv(inertia) @ (mass * x[3:6] - angular)
    base_velocity = x[:3] - ca.cross(omega, com) - linear / mass

    force, moment, first = ca.SX.zeros(3), ca.SX.zeros(3), 0
    positions, velocities, turns, rotations = [], [], [], []
    for contact, size in zip(description.contacts, sizes, strict=True):
        body = bodies[contact.frame.joint + 1]
        place = body.point(contact.frame.translation)
        own = body.point_velocity(contact.frame.translation)
        positions.append(x[6:9] + place)
        velocities.append(base_velocity + ca.cross(omega, place) + own)
        turns.append(omega + body.omega)
        rotations.append(body.rotation @ contact.frame.rotation)
        force += u[first : first + 3]
        moment += ca.cross(place - com, u[first : first + 3])
        if size == 6:
            moment += u[first + 3 : first + 6]
        first += size
    weight = np.array([0.0, 0.0, GRAVITY])
    rate = ca.vertcat(force / mass - weight, moment / mass, base_velocity, omega, rates)
    outputs = [ca.horzcat(*columns) for columns in (positions, velocities, turns)]
    return Model(
        ca.Function("rate", [x, u], [rate]),
        ca.Function("contacts", [x, u], outputs),
        ca.Function("rotations", [x], [ca.horzcat(*rotations)]),
    )


def heun(model: Model, x: Any, u: Any, dt: float) -> Any:
    """One step of Heun's rule on the state manifold."""
    first = model.rate(x, u)
    second = model.rate(add(x, dt * first), u)
    return add(x, 0.5 * dt * (first + second))
