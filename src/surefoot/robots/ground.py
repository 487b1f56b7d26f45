"""How low a robot reaches: where it must be so that it stands or lies on flat ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pinocchio as pin

from surefoot.data import Array
from surefoot.robots.config import CollisionConfig
from surefoot.robots.model import Contact
from surefoot.robots.names import find_frame


def contact_placements(model: Any, contacts: Sequence[Contact], q: Array) -> list[Any]:
    """World placements (pinocchio.SE3) of the contact frames; see `contact_heights`."""
    data = model.createData()
    pin.forwardKinematics(model, data, q)
    return [data.oMi[contact.joint + 2].act(contact.placement) for contact in contacts]


def contact_heights(model: Any, contacts: Sequence[Contact], q: Array) -> Array:
    """Height of the lowest point of each contact.

    Parameters
    ----------
    model
        Pinocchio model of the robot.
    contacts
        Its contacts.
    q
        (nq,) configuration.

    Returns
    -------
    numpy.ndarray
        (n_contacts,) world, m.
    """
    heights = []
    placements = contact_placements(model, contacts, q)
    for contact, placement in zip(contacts, placements, strict=True):
        reach = contact.radius + abs(placement.rotation[2, :2]) @ np.array(
            [contact.half_length, contact.half_width]
        )
        heights.append(placement.translation[2] - reach)
    return np.array(heights)


def collision_heights(model: Any, collisions: Sequence[CollisionConfig], q: Array) -> Array:
    """Height of the lowest point of each collision primitive; see `contact_heights`."""
    data = model.createData()
    pin.forwardKinematics(model, data, q)
    heights = []
    for item in collisions:
        local = pin.SE3(pin.rpy.rpyToMatrix(*item.rpy), np.array(item.position))
        joint, frame = find_frame(model, item.frame)
        placement = data.oMi[joint + 2].act(frame).act(local)
        vertical = abs(placement.rotation[2])
        if item.kind == "box":
            reach = vertical @ np.array(item.size)
        elif item.kind == "sphere":
            reach = item.size[0]
        else:
            reach = item.size[0] + vertical[2] * item.size[1]
        heights.append(placement.translation[2] - reach)
    return np.array(heights)
