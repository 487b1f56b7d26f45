"""URDF -> Pinocchio model with one variable per joint."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pinocchio as pin

from surefoot.data import RobotError

_REFUSED = {
    "planar": "has three variables: split it into two prismatic and one revolute joint",
    "spherical": "has three variables: split it into three revolute joints",
    "floating": "is not needed: the floating base is added to the root link; remove it",
}


def read_urdf(name: str, source: Path, locked: Collection[str]) -> Any:
    """Read a URDF with a floating base at its root link.

    Parameters
    ----------
    name
        Of the robot, for messages.
    source
        The URDF.
    locked
        Joints, or patterns of joints, that will be frozen; these may mimic others.

    Returns
    -------
    pinocchio.Model
        Fixed joints merged, ``continuous`` joints as revolute ones without position limits.
        Limits that the description does not give are 0.

    Raises
    ------
    RobotError
        If the file is not a URDF, or has joints that are no tree of one-variable joints.
    """
    try:
        root = ElementTree.parse(source).getroot()
    except (OSError, ElementTree.ParseError, ValueError) as error:
        raise RobotError(name, [f"{source} is not valid XML: {error}"]) from None
    if root.tag != "robot":
        raise RobotError(name, [f"{source} is not a URDF: its root element is <{root.tag}>"])
    joints = root.findall("joint")
    problems = _structure_problems(root, joints, locked)
    if problems:
        raise RobotError(name, problems)
    continuous = [str(joint.get("name")) for joint in joints if joint.get("type") == "continuous"]
    for joint in joints:
        _complete_limits(joint)
    try:
        xml = ElementTree.tostring(root, encoding="unicode")
        model = pin.buildModelFromXML(xml, pin.JointModelFreeFlyer())
    except Exception as error:  # Pinocchio's parser has no exception class of its own
        raise RobotError(name, [f"{source} cannot be parsed: {error}"]) from None
    for joint_name in continuous:
        index = model.joints[model.getJointId(joint_name)].idx_q
        model.lowerPositionLimit[index] = -math.inf
        model.upperPositionLimit[index] = math.inf
    return model


def _structure_problems(
    root: ElementTree.Element, joints: list[ElementTree.Element], locked: Collection[str]
) -> list[str]:
    problems = []
    for joint in joints:
        joint_name, kind = joint.get("name"), str(joint.get("type"))
        if kind in _REFUSED:
            problems.append(f"joint '{joint_name}' is {kind}; it {_REFUSED[kind]}")
        frozen = kind == "fixed" or any(fnmatchcase(str(joint_name), name) for name in locked)
        if joint.find("mimic") is not None and not frozen:
            problems.append(
                f"joint '{joint_name}' mimics another joint, which is not supported: make it fixed,"
                " or lock it in description.locked_joints"
            )
    parents = Counter(
        child.get("link") for joint in joints if (child := joint.find("child")) is not None
    )
    for link, count in parents.items():
        if count > 1:
            problems.append(
                f"link '{link}' is the child of {count} joints, which makes a closed chain:"
                " remove all of them but one"
            )
    for body in root.findall("link"):
        mass = body.find("inertial/mass")
        try:
            negative = mass is not None and float(mass.get("value", "0")) < 0.0
        except ValueError:
            negative = False  # Pinocchio's parser says it better
        if negative:
            problems.append(f"link '{body.get('name')}' has a negative mass: correct it")
    return problems


def _complete_limits(joint: ElementTree.Element) -> None:
    """Make the joint parse; what it leaves out becomes 0 and is found missing later."""
    kind = joint.get("type")
    if kind not in ("revolute", "prismatic", "continuous"):
        return
    limit = joint.find("limit")
    if limit is None:
        limit = ElementTree.SubElement(joint, "limit")
    for key in ("lower", "upper", "effort", "velocity"):
        limit.attrib.setdefault(key, "0")
    if kind == "continuous":
        joint.set("type", "revolute")
