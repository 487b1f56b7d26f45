"""Left and right of a robot: which joint is which other's mirror image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin

from surefoot._cpp.robots import JointKind, RobotDescription
from surefoot.data import Array

_PLACE = 2e-3  # m, that mirror images may be apart
_AXIS = 1e-2  # likewise of their axes


def mirror_image(model: Any, description: RobotDescription) -> tuple[Array, Array] | None:
    """The joints of a robot mirrored in its own plane of left and right, y = 0.

    Parameters
    ----------
    model
        Pinocchio model.
    description
        The same tree, with the joints' axes.

    Returns
    -------
    tuple of numpy.ndarray or None
        (nj,) index of each joint's mirror image, and (nj,) sign: the mirrored robot's joint `i` is
        at ``sign[i] * q[index[i]]``. None if a joint has no mirror image.
    """
    data = model.createData()
    pin.forwardKinematics(model, data, pin.neutral(model))
    places, axes = [], []
    for j, joint in enumerate(description.joints):
        frame = data.oMi[j + 2]
        places.append(frame.translation)
        axes.append(frame.rotation @ np.asarray(joint.axis))
    index, sign = np.zeros(len(places), dtype=int), np.ones(len(places))
    for j, (place, axis) in enumerate(zip(places, axes, strict=True)):
        slide = description.joints[j].kind == JointKind.PRISMATIC
        # a turn is no vector: what lies in the mirror's plane changes its sense
        mirrored = axis * ([1.0, -1.0, 1.0] if slide else [-1.0, 1.0, -1.0])
        matches = [
            k
            for k, (other, direction) in enumerate(zip(places, axes, strict=True))
            if np.abs(other - place * [1.0, -1.0, 1.0]).max() < _PLACE
            and abs(abs(mirrored @ direction) - 1.0) < _AXIS
        ]
        if not matches:
            return None
        index[j] = matches[0]
        sign[j] = np.sign(mirrored @ axes[matches[0]])
    return index, sign
