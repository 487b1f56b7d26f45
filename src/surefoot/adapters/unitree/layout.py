"""Which motor of a Unitree message is which joint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from surefoot.data import InputError
from surefoot.robots import RobotModel

_LEG = ("hip_joint", "thigh_joint", "calf_joint")
_G1_LEG = ("hip_pitch", "hip_roll", "hip_yaw", "knee", "ankle_pitch", "ankle_roll")
_G1_WAIST = ("waist_yaw", "waist_roll", "waist_pitch")
_G1_ARM = (
    "shoulder_pitch",
    "shoulder_roll",
    "shoulder_yaw",
    "elbow",
    "wrist_roll",
    "wrist_pitch",
    "wrist_yaw",
)


@dataclass(frozen=True)
class Layout:
    """Messages of one robot.

    Attributes
    ----------
    family
        ``"go"`` (quadrupeds) or ``"hg"`` (humanoids): which of the SDK's message sets.
    joints
        Joint of each motor, from motor 0 on.
    feet
        Contact of each entry of the message's foot forces; empty where it has none.
    """

    family: Literal["go", "hg"]
    joints: tuple[str, ...]
    feet: tuple[str, ...] = ()

    def motors(self, robot: RobotModel) -> npt.NDArray[np.int64]:
        """(nj,) motor of each joint of a robot.

        Raises
        ------
        InputError
            If the robot has a joint without a motor.
        """
        return _indices("robot", robot.joint_names, self.joints)

    def foot_sensors(self, robot: RobotModel) -> npt.NDArray[np.int64]:
        """(nc,) entry of the foot forces of each contact.

        Raises
        ------
        InputError
            If the robot has a contact without one.
        """
        return _indices("robot", robot.contact_names, self.feet)


LAYOUTS: dict[str, Layout] = {
    "go2": Layout(
        "go",
        tuple(f"{leg}_{joint}" for leg in ("FR", "FL", "RR", "RL") for joint in _LEG),
        ("FR", "FL", "RR", "RL"),
    ),
    "g1": Layout(
        "hg",
        tuple(
            f"{name}_joint"
            for name in (
                *(f"{side}_{joint}" for side in ("left", "right") for joint in _G1_LEG),
                *_G1_WAIST,
                *(f"{side}_{joint}" for side in ("left", "right") for joint in _G1_ARM),
            )
        ),
    ),
}


def _indices(name: str, wanted: tuple[str, ...], known: tuple[str, ...]) -> npt.NDArray[np.int64]:
    missing = [item for item in wanted if item not in known]
    if missing:
        raise InputError(name, f"Unitree's messages do not have {', '.join(missing)}")
    return np.array([known.index(item) for item in wanted], dtype=np.int64)
