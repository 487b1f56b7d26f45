"""Pinocchio model -> the description that the C++ side is built from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pinocchio as pin

from surefoot._cpp import robots as _robots
from surefoot.robots.model import Contact


def describe(name: str, model: Any, contacts: Sequence[Contact]) -> _robots.RobotDescription:
    """Describe a robot for the C++ side.

    Parameters
    ----------
    name
        Of the robot.
    model
        Pinocchio model: free-flyer base, then joints of one variable each.
    contacts
        Where it may touch the world.

    Returns
    -------
    RobotDescription
        Every link of the model is one of its ``frames``, but for links that share a contact's
        name: a contact's frame is found under the contact's name.
    """
    description = _robots.RobotDescription()
    description.name = name
    description.base = _body(model.inertias[1])
    description.joints = [_joint(model, index) for index in range(2, model.njoints)]
    description.contacts = [_contact(contact) for contact in contacts]
    taken = {contact.name for contact in contacts}
    description.frames = [
        _frame(frame.name, int(frame.parentJoint) - 2, frame.placement)
        for frame in model.frames
        if frame.type == pin.FrameType.BODY and frame.parentJoint > 0 and frame.name not in taken
    ]
    description.validate()
    return description


def _body(inertia: Any) -> _robots.BodyInertia:
    body = _robots.BodyInertia()
    body.mass = inertia.mass
    body.com = inertia.lever
    body.inertia = inertia.inertia
    return body


def _joint(model: Any, index: int) -> _robots.JointDescription:
    data = model.joints[index].createData()
    model.joints[index].calc(data, pin.neutral(model))
    subspace = np.asarray(data.S).reshape(6)  # [linear; angular] unit direction of motion
    revolute = np.linalg.norm(subspace[3:]) > 0.5
    placement = model.jointPlacements[index]
    index_q, index_v = model.joints[index].idx_q, model.joints[index].idx_v
    joint = _robots.JointDescription()
    joint.name = model.names[index]
    joint.kind = _robots.JointKind.REVOLUTE if revolute else _robots.JointKind.PRISMATIC
    joint.axis = subspace[3:] if revolute else subspace[:3]
    joint.parent = int(model.parents[index]) - 2
    joint.rotation, joint.translation = placement.rotation, placement.translation
    joint.body = _body(model.inertias[index])
    joint.armature = float(model.armature[index_v])
    joint.position_lower = float(model.lowerPositionLimit[index_q])
    joint.position_upper = float(model.upperPositionLimit[index_q])
    joint.velocity_limit = float(model.velocityLimit[index_v])
    joint.effort_limit = float(model.effortLimit[index_v])
    return joint


def _contact(contact: Contact) -> _robots.ContactDescription:
    item = _robots.ContactDescription()
    item.frame = _frame(contact.name, contact.joint, contact.placement)
    point = contact.kind == "point"
    item.kind = _robots.ContactKind.POINT if point else _robots.ContactKind.SURFACE
    item.radius = contact.radius
    item.half_length, item.half_width = contact.half_length, contact.half_width
    item.friction, item.yaw_friction = contact.friction, contact.yaw_friction
    return item


def _frame(name: str, joint: int, placement: Any) -> _robots.FrameDescription:
    frame = _robots.FrameDescription()
    frame.name, frame.joint = name, joint
    frame.rotation, frame.translation = placement.rotation, placement.translation
    return frame
