"""Limits of the robot as inequality tasks, from the robot file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pinocchio as pin

from surefoot.data import InputError
from surefoot.robots import RobotModel
from surefoot.robots.config import CollisionConfig
from surefoot.wbc.tasks import Capsule, CollisionAvoidance, JointLimits


def joint_limits(robot: RobotModel, name: str = "joint limits") -> JointLimits:
    """Position and velocity limits of every joint, with the robot file's braking and step."""
    config = robot.config.wbc
    return JointLimits(
        config.limit_braking, config.limit_step, margin=config.limit_margin, name=name
    )


def collision_avoidance(
    robot: RobotModel,
    pairs: Sequence[tuple[str, str]] | None = None,
    name: str = "collisions",
) -> CollisionAvoidance:
    """Keep parts of the robot apart.

    Parameters
    ----------
    robot
        The robot; shapes are those of its file's ``collisions``. A box counts as a capsule around
        it, along its longest side.
    pairs
        Of frames; every shape of the one keeps away from every shape of the other. None: the robot
        file's ``wbc.collision_pairs``.
    name
        Of the task.

    Raises
    ------
    InputError
        If a frame has no collision shape.
    """
    config = robot.config.wbc
    shapes: dict[str, list[Capsule]] = {}
    for item in robot.config.collisions:
        shapes.setdefault(item.frame, []).append(_capsule(item))
    chosen = config.collision_pairs if pairs is None else pairs
    for frame in {frame for pair in chosen for frame in pair}:
        if frame not in shapes:
            known = ", ".join(shapes)
            raise InputError("collision pairs", f"'{frame}' has no shape", f"known: {known}")
    return CollisionAvoidance(
        [(a, b) for one, other in chosen for a in shapes[one] for b in shapes[other]],
        distance=config.collision_distance,
        gain=config.collision_gain,
        name=name,
    )


def _capsule(item: CollisionConfig) -> Capsule:
    """The capsule that a collision shape is, or that holds a box."""
    axis, radius = np.zeros(3), item.size[0]
    if item.kind == "capsule":
        axis[2] = item.size[1]
    elif item.kind == "box":
        longest = int(np.argmax(item.size))
        axis[longest] = item.size[longest]
        radius = float(np.linalg.norm(np.delete(item.size, longest)))
    center, along = np.array(item.position), pin.rpy.rpyToMatrix(*item.rpy) @ axis
    return Capsule(item.frame, radius, center - along, center + along)
