"""Kinematics and inverse dynamics of a robot's tree in CasADi, in world axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import robots as _robots
from surefoot.data import Array


@dataclass(frozen=True)
class Body:
    """Motion of a joint's frame: every vector in world axes, the origin from the base's origin."""

    rotation: Any
    origin: Any
    velocity: Any  # of the origin
    omega: Any
    acceleration: Any  # of the origin
    alpha: Any

    def point(self, offset: Any) -> Any:
        """Position of a point given in the body's frame, from the base's origin."""
        return self.origin + self.rotation @ offset

    def point_velocity(self, offset: Any) -> Any:
        """Its velocity."""
        return self.velocity + ca.cross(self.omega, self.rotation @ offset)

    def point_acceleration(self, offset: Any) -> Any:
        """Its acceleration."""
        arm = self.rotation @ offset
        turning = ca.cross(self.omega, ca.cross(self.omega, arm))
        return self.acceleration + ca.cross(self.alpha, arm) + turning


def still_base(rotation: Any) -> Body:
    """A base that does not move."""
    zero = ca.SX.zeros(3)
    return Body(rotation, zero, zero, zero, zero, zero)


def tree(
    description: _robots.RobotDescription,
    base: Body,
    position: Any,
    rate: Any,
    acceleration: Any = None,
) -> list[Body]:
    """Motion of the base and of every joint's body, in that order.

    Parameters
    ----------
    description
        Of the robot.
    base
        Motion of the base.
    position, rate, acceleration
        (nj,) of the joints; zero accelerations if not given.
    """
    bodies = [base]
    for i, joint in enumerate(description.joints):
        second = ca.SX(0) if acceleration is None else acceleration[i]
        bodies.append(_moved(bodies[joint.parent + 1], joint, position[i], rate[i], second))
    return bodies


def inverse_dynamics(
    description: _robots.RobotDescription, bodies: list[Body], forces: Sequence[Any]
) -> tuple[Any, Any]:
    """Wrench that is missing at the base, and joint torques (recursive Newton-Euler; Featherstone,
    "Rigid body dynamics algorithms", 2008, in world axes).

    Parameters
    ----------
    description
        Of the robot.
    bodies
        From `tree`; the base's acceleration less gravity.
    forces
        On each contact, (3,) or (6,), about its frame's origin; world axes.

    Returns
    -------
    wrench
        (6,) force and moment about the base's origin; zero if the motion is possible.
    torque
        (nj,) N m.
    """
    inertias = [description.base, *(joint.body for joint in description.joints)]
    force, moment = [], []  # of each body, its moment about the base's origin
    for body, inertia in zip(bodies, inertias, strict=True):
        turned = body.rotation @ inertia.inertia @ body.rotation.T
        f = inertia.mass * body.point_acceleration(inertia.com)
        spin = turned @ body.alpha + ca.cross(body.omega, turned @ body.omega)
        force.append(f)
        moment.append(spin + ca.cross(body.point(inertia.com), f))
    for contact, wrench in zip(description.contacts, forces, strict=True):
        i = contact.frame.joint + 1
        place = bodies[i].point(contact.frame.translation)
        force[i] -= wrench[:3]
        moment[i] -= ca.cross(place, wrench[:3])
        if contact.size == 6:
            moment[i] -= wrench[3:]
    torque = ca.SX.zeros(len(description.joints))
    for i in reversed(range(len(description.joints))):
        joint, body = description.joints[i], bodies[i + 1]
        axis = body.rotation @ joint.axis
        if joint.kind == _robots.JointKind.PRISMATIC:
            torque[i] = ca.dot(axis, force[i + 1])
        else:
            torque[i] = ca.dot(axis, moment[i + 1] - ca.cross(body.origin, force[i + 1]))
        force[joint.parent + 1] += force[i + 1]
        moment[joint.parent + 1] += moment[i + 1]
    return ca.vertcat(force[0], moment[0]), torque


def _moved(
    parent: Body, joint: _robots.JointDescription, position: Any, rate: Any, second: Any
) -> Body:
    placed, axis = parent.rotation @ joint.rotation, np.asarray(joint.axis)
    offset: Any = joint.translation
    if joint.kind == _robots.JointKind.PRISMATIC:
        slide = placed @ axis
        offset = joint.translation + position * (joint.rotation @ axis)
        coriolis = 2.0 * ca.cross(parent.omega, rate * slide)
        return Body(
            placed,
            parent.point(offset),
            parent.point_velocity(offset) + rate * slide,
            parent.omega,
            parent.point_acceleration(offset) + second * slide + coriolis,
            parent.alpha,
        )
    s: Array = np.cross(axis, np.eye(3)).T
    turn = ca.SX.eye(3) + ca.sin(position) * s + (1.0 - ca.cos(position)) * (s @ s)
    spin = rate * (placed @ axis)
    return Body(
        placed @ turn,
        parent.point(offset),
        parent.point_velocity(offset),
        parent.omega + spin,
        parent.point_acceleration(offset),
        parent.alpha + second * (placed @ axis) + ca.cross(parent.omega, spin),
    )
