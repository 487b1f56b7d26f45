"""A loaded robot: its kinematic tree, contacts, limits and configuration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pinocchio as pin

from surefoot._cpp import robots as _robots
from surefoot.data import Array, InputError
from surefoot.robots.config import RobotConfig, Side
from surefoot.robots.names import suggest


@dataclass(frozen=True)
class Contact:
    """A place where the robot may touch the world; see `ContactConfig` for the fields."""

    name: str
    kind: str  # "point" or "surface"
    joint: int  # index into joint_names of the joint that carries it, -1 for the base
    placement: pin.SE3  # in that joint's frame; origin: sphere centre or rectangle centre
    radius: float
    half_length: float
    half_width: float
    friction: float
    yaw_friction: float
    force_sensor: bool

    @property
    def size(self) -> int:
        """Number of force components: 3 for a point, 6 for a surface."""
        return 3 if self.kind == "point" else 6


@dataclass(frozen=True)
class RightingPosture:
    """A posture on the way from where a robot has fallen to its feet."""

    duration: float  # s, of the motion there
    joints: Array  # (nj,) rad


# Sides of the base, as directions in its axes.
SIDES: dict[Side, tuple[float, float, float]] = {
    "left": (0.0, 1.0, 0.0),
    "right": (0.0, -1.0, 0.0),
    "front": (1.0, 0.0, 0.0),
    "rear": (-1.0, 0.0, 0.0),
    "top": (0.0, 0.0, 1.0),
}
_MIRRORED: dict[Side, Side] = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class RightingMotion:
    """What a robot goes through when one of these sides of its base is down."""

    down: tuple[Side, ...]
    postures: tuple[RightingPosture, ...]


@dataclass(frozen=True)
class RobotModel:
    """What a robot is. Built by `load_robot`.

    Attributes
    ----------
    name
        Of the robot.
    config
        The whole robot file.
    pin_model
        Pinocchio model: free-flyer base, then the actuated joints in ``joint_names`` order,
        one configuration and one velocity variable each (nq = 7 + nj, nv = 6 + nj).
    description
        The same tree for the C++ side.
    joint_names, contact_names
        The order of every joint and contact array at the API.
    contacts
        One `Contact` per name.
    imu_joint, imu_placement
        Joint that carries the IMU (-1 for the base), and the IMU frame in that joint's frame.
    position_lower, position_upper, velocity_limit, effort_limit
        (nj,) rad, rad, rad/s, N m.
    corner_velocity, no_load_velocity
        (nj,) rad/s, speeds up to which a motor gives its full effort and at which it gives none;
        infinite for joints without a torque-speed curve.
    q_nominal, q_lying
        (nq,) standing and lying configuration on flat ground at height 0.
    righting
        Motions in which it gets upright from where it has fallen; empty if it cannot.
    parting
        (nj,) rad, joints where no limb is in another's way.
    mirror
        (nj,) index and (nj,) sign of the joints' mirror images, see `mirror_image`; None if the
        robot has none.
    source
        Path of the URDF or MJCF.
    package_dirs
        Folders in which its meshes are found.
    """

    name: str
    config: RobotConfig
    pin_model: Any
    description: _robots.RobotDescription
    joint_names: tuple[str, ...]
    contact_names: tuple[str, ...]
    contacts: tuple[Contact, ...]
    imu_joint: int
    imu_placement: Any
    position_lower: Array
    position_upper: Array
    velocity_limit: Array
    effort_limit: Array
    corner_velocity: Array
    no_load_velocity: Array
    q_nominal: Array
    q_lying: Array
    righting: tuple[RightingMotion, ...]
    parting: Array
    mirror: tuple[Array, Array] | None
    source: Path
    package_dirs: tuple[Path, ...]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["description"]  # of the C++ side, which is made again
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        from surefoot.robots.describe import describe  # needs `Contact`

        self.__dict__.update(state)
        description = describe(self.name, self.pin_model, self.contacts)
        self.__dict__["description"] = description

    @property
    def frame_names(self) -> tuple[str, ...]:
        """Frames a task may refer to, by `RigidBody` index: contacts, then the other links."""
        return self.contact_names + tuple(frame.name for frame in self.description.frames)

    def frame_index(self, name: str) -> int:
        """Index of a frame in `frame_names`, as `RigidBody` takes it.

        Raises
        ------
        InputError
            If there is no such frame.
        """
        names = self.frame_names
        if name not in names:
            raise InputError("frame", f"'{name}' is unknown", suggest(name, names).lstrip(": "))
        return names.index(name)

    @property
    def nj(self) -> int:
        """Number of actuated joints."""
        return len(self.joint_names)

    @property
    def nq(self) -> int:
        """Length of the configuration q."""
        return 7 + self.nj

    @property
    def nv(self) -> int:
        """Length of the velocity v."""
        return 6 + self.nj

    @property
    def nc(self) -> int:
        """Number of contacts."""
        return len(self.contacts)

    @property
    def walking_gaits(self) -> tuple[str, ...]:
        """Names of the gaits in which feet leave the ground, as the robot file orders them."""
        return tuple(name for name, gait in self.config.gaits.items() if gait.duty < 1.0)

    def mirrored(self, motion: RightingMotion) -> RightingMotion | None:
        """The mirror image of a motion; None for a robot without one."""
        if self.mirror is None:
            return None
        index, sign = self.mirror
        return RightingMotion(
            tuple(_MIRRORED.get(side, side) for side in motion.down),
            tuple(
                RightingPosture(item.duration, sign * item.joints[index])
                for item in motion.postures
            ),
        )

    @property
    def can_lie(self) -> bool:
        """Whether it can stand up from the ground; one with soles for feet is put on them."""
        return all(contact.kind == "point" for contact in self.contacts)

    @property
    def mass(self) -> float:
        """Total mass, kg."""
        return float(self.description.mass)

    def contact_frames(self, q: Array) -> list[Any]:
        """World placements of the contact frames.

        Parameters
        ----------
        q
            (nq,) configuration.

        Returns
        -------
        list of pinocchio.SE3
            One per contact: sphere centres of point contacts, rectangle centres of surfaces.
        """
        data = self.pin_model.createData()
        pin.forwardKinematics(self.pin_model, data, q)
        return [data.oMi[c.joint + 2].act(c.placement) for c in self.contacts]

    def contact_positions(self, q: Array) -> Array:
        """World positions of the contact frames, (nc, 3), m; see `contact_frames`."""
        return np.array([frame.translation for frame in self.contact_frames(q)]).reshape(self.nc, 3)

    @cached_property
    def nominal_contacts(self) -> list[Any]:
        """`contact_frames` of the nominal configuration."""
        return self.contact_frames(self.q_nominal)

    @cached_property
    def lying_height(self) -> float:
        """Height of the base above the ground when the contacts touch it in the lying posture."""
        feet = self.contact_frames(self.q_lying)
        lowest = min(f.translation[2] - c.radius for f, c in zip(feet, self.contacts, strict=True))
        return float(self.q_lying[2] - lowest)

    @cached_property
    def contact_support(self) -> Array:
        """(nc, nj) bool: whether a joint lies between the base and a contact."""
        support = np.zeros((self.nc, self.nj), dtype=bool)
        parents = [joint.parent for joint in self.description.joints]
        for row, contact in enumerate(self.contacts):
            joint = contact.joint
            while joint >= 0:
                support[row, joint] = True
                joint = parents[joint]
        return support

    def joints_of_contacts(self, contacts: Array) -> Array:
        """Joints between the base and the chosen contacts.

        Parameters
        ----------
        contacts
            (nc,) bool.

        Returns
        -------
        numpy.ndarray
            (nj,) bool.
        """
        return np.asarray(self.contact_support[contacts].any(axis=0))
