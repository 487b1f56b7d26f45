"""What can be wrong with a robot file once it is read beside its description.

Each function returns sentences that name the thing and the remedy.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from surefoot.data import Array
from surefoot.robots.config import STAND_GAIT, CollisionConfig, RobotConfig
from surefoot.robots.ground import contact_heights, contact_placements
from surefoot.robots.model import RightingPosture, RobotModel
from surefoot.robots.names import find_frame, link_names, suggest

GROUND_TOLERANCE = 1e-3  # m, of posture.height
SMOOTH_STEP_SLOPE = 1.875  # largest slope of the controller's motions (cpp_ext/control/motions.cpp)
LEVEL_TOLERANCE = 0.05  # rad, of a sole in the nominal posture
_SIZES = {"box": 3, "sphere": 1, "capsule": 2}


def tree_problems(model: Any) -> list[str]:
    """Of the masses and joints of a Pinocchio model."""
    problems = []
    for index in range(1, model.njoints):
        name = f"joint '{model.names[index]}'" if index > 1 else "the base"
        joint = model.joints[index]
        if index > 1 and (joint.nq, joint.nv) != (1, 1):
            problems.append(
                f"{name} has {joint.nv} variables: split it into joints of one variable"
            )
        inertia = model.inertias[index]
        if not inertia.mass > 0.0:
            problems.append(
                f"the body that {name} carries has mass {inertia.mass:g}:"
                " give its link a positive mass, or lock or fix the joint"
            )
        elif not _physical(inertia.inertia):
            problems.append(
                f"the body that {name} carries has an impossible rotational inertia (principal"
                " moments must be positive, none above the sum of the others): correct its link"
            )
    return problems


def _physical(inertia: Array) -> bool:
    if not np.isfinite(inertia).all():
        return False
    low, middle, high = np.linalg.eigvalsh(inertia)
    return bool(low > 0.0 and low + middle >= high * (1.0 - 1e-3))


def name_problems(config: RobotConfig, model: Any) -> list[str]:
    """Of the frames, joints and contacts that the file names."""
    links, joints = link_names(model), list(model.names)[2:]
    used = [(f"contacts '{item.name}'", item.frame) for item in config.contacts]
    used += [("imu", config.imu.frame)]
    used += [(f"collisions[{i}]", item.frame) for i, item in enumerate(config.collisions)]
    problems = []
    for where, frame in used:
        try:
            find_frame(model, frame)
        except KeyError:
            problems.append(f"{where}: no frame '{frame}'{suggest(frame, links)}")
    shaped = list(dict.fromkeys(item.frame for item in config.collisions))
    problems += [
        f"wbc.collision_pairs: '{frame}' has no shape in collisions{suggest(frame, shaped)}"
        for pair in config.wbc.collision_pairs
        for frame in pair
        if frame not in shaped
    ]
    if config.nmpc.joints != "all":
        problems += [
            f"nmpc.joints: no joint '{name}'{suggest(name, joints)}"
            for name in config.nmpc.joints
            if name not in joints
        ]
    return problems


def contact_problems(config: RobotConfig) -> list[str]:
    """Of contacts and of the gaits that move them."""
    names = [item.name for item in config.contacts]
    problems = [
        f"contacts: the name '{name}' is given {count} times: rename all but one"
        for name, count in Counter(names).items()
        if count > 1
    ]
    if not names:
        problems.append("contacts: there is none: add at least one [[contacts]]")
    for item in config.contacts:
        if item.kind == "surface" and not (item.half_length > 0.0 and item.half_width > 0.0):
            problems.append(
                f"contacts '{item.name}': a surface needs half_length and half_width above 0"
            )
    stand = config.gaits.get(STAND_GAIT)
    if stand is None:
        problems.append("gaits.stand is missing: add it, with duty 1.0")
    elif stand.duty < 1.0:
        problems.append(f"gaits.stand.duty is {stand.duty}: standing needs 1.0")
    for gait_name, gait in config.gaits.items():
        for name in names:
            if name not in gait.offset:
                problems.append(f"gaits.{gait_name}.offset: contact '{name}' is missing: add it")
        for name in gait.offset:
            if name not in names:
                problems.append(
                    f"gaits.{gait_name}.offset: no contact '{name}'{suggest(name, names)}"
                )
    return problems


def collision_problems(collisions: Iterable[CollisionConfig]) -> list[str]:
    """Of the sizes of the collision primitives."""
    return [
        f"collisions[{i}]: a {item.kind} has {_SIZES[item.kind]} size(s), all above 0"
        f" (it has {list(item.size)})"
        for i, item in enumerate(collisions)
        if len(item.size) != _SIZES[item.kind] or min(item.size) <= 0.0
    ]


def limit_problems(model: Any) -> list[str]:
    """Of joint limits, overrides applied."""
    problems = []
    for index, name in enumerate(model.names[2:]):
        lower = model.lowerPositionLimit[7 + index]
        upper = model.upperPositionLimit[7 + index]
        if lower == upper == 0.0:
            problems.append(
                f"joint '{name}' has no position limits: set limits.position_lower and"
                " limits.position_upper, or make its type continuous"
            )
        elif not lower < upper:
            problems.append(
                f"joint '{name}': position limits {lower:g} to {upper:g} leave no range:"
                " correct limits.position_lower or limits.position_upper"
            )
        for key, value in (
            ("velocity", model.velocityLimit[6 + index]),
            ("effort", model.effortLimit[6 + index]),
        ):
            if not (value > 0.0 and math.isfinite(value)):
                problems.append(f"joint '{name}' has no {key} limit: set limits.{key}")
    return problems


def posture_problems(robot: RobotModel) -> list[str]:
    """Of the nominal and lying postures."""
    problems = []
    for key, q in (("nominal", robot.q_nominal), ("lying", robot.q_lying)):
        bounds = zip(
            robot.joint_names, q[7:], robot.position_lower, robot.position_upper, strict=True
        )
        problems += [
            f"posture.{key}: {name} = {value:g} is outside its limits {lower:g} to {upper:g}:"
            " change it, or override the limit in [limits]"
            for name, value, lower, upper in bounds
            if not lower <= value <= upper
        ]
    feet = contact_heights(robot.pin_model, robot.contacts, robot.q_nominal)
    if not feet.min() >= -GROUND_TOLERANCE or not feet.min() <= GROUND_TOLERANCE:
        height = robot.config.posture.height - feet.min()
        problems.append(
            f"posture.height: in the nominal posture the lowest contact is {feet.min():.4f} m above"
            f" the ground: set it to {height:.4f}"
        )
    return problems + _level_problems(robot, feet)


def righting_problems(robot: RobotModel) -> list[str]:
    """Of the postures in which it gets upright."""
    problems = _limit_problems(robot, "righting.parting", robot.parting)
    for i, motion in enumerate(robot.righting):
        before = robot.q_lying[7:]
        for k, posture in enumerate(motion.postures):
            where = f"righting.motions[{i}].postures[{k}]"
            problems += _motion_problems(robot, where, before, posture)
            before = posture.joints
    return problems


def _limit_problems(robot: RobotModel, where: str, joints: Array) -> list[str]:
    limits = zip(robot.joint_names, joints, robot.position_lower, robot.position_upper, strict=True)
    return [
        f"{where}: {name} = {value:g} is outside its limits {lower:g} to {upper:g}"
        for name, value, lower, upper in limits
        if not lower <= value <= upper
    ]


def _motion_problems(
    robot: RobotModel, where: str, before: Array, posture: RightingPosture
) -> list[str]:
    problems = _limit_problems(robot, where, posture.joints)
    speed = SMOOTH_STEP_SLOPE * np.abs(posture.joints - before) / posture.duration
    for j, name in enumerate(robot.joint_names):
        if not speed[j] <= robot.velocity_limit[j]:
            problems.append(
                f"{where}: {name} would move at {speed[j]:.3g} rad/s, more than its limit of"
                f" {robot.velocity_limit[j]:g}: make its duration longer"
            )
    return problems


def _level_problems(robot: RobotModel, feet: Array) -> list[str]:
    problems = [
        f"contacts '{contact.name}': in the nominal posture it is {height - feet.min():.4f} m above"
        " the lowest contact: change posture.nominal, or its center or radius"
        for contact, height in zip(robot.contacts, feet, strict=True)
        if not height - feet.min() <= GROUND_TOLERANCE
    ]
    frames = contact_placements(robot.pin_model, robot.contacts, robot.q_nominal)
    for contact, frame in zip(robot.contacts, frames, strict=True):
        tilt = math.acos(min(1.0, max(-1.0, frame.rotation[2, 2])))
        if contact.kind == "surface" and tilt > LEVEL_TOLERANCE:
            problems.append(
                f"contacts '{contact.name}': in the nominal posture its z axis is"
                f" {math.degrees(tilt):.1f} deg from vertical: change posture.nominal so that the"
                " sole is level, or name a frame whose z axis points up"
            )
    return problems
