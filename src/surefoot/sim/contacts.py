"""The truth about the robot's contacts in a running MuJoCo simulation."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from surefoot.data import Array
from surefoot.robots import RobotModel


class ContactReader:
    """Forces and motion of a robot's contacts, of the last physics step.

    Parameters
    ----------
    robot
        The robot.
    model, data
        Its `mujoco.MjModel` (see `build_plant`) and live `mujoco.MjData`.
    """

    def __init__(self, robot: RobotModel, model: Any, data: Any) -> None:
        self._robot, self._model, self._data = robot, model, data
        self._sites = [model.site(f"contact:{name}").id for name in robot.contact_names]
        self._index = {
            model.geom(f"contact:{name}").id: i for i, name in enumerate(robot.contact_names)
        }
        self._base = int(model.body("base").id)

    def forces(self) -> Array:
        """(nc, 6) force and moment about the contact frame's origin, on the robot; world axes.

        A point contact has no moment entries.
        """
        wrenches = np.zeros((self._robot.nc, 6))
        for index, contact, force in self._touching():
            wrenches[index, :3] += force
            if self._robot.contacts[index].kind == "surface":
                arm = contact.pos - self._data.site_xpos[self._sites[index]]
                wrenches[index, 3:] += np.cross(arm, force)
        return wrenches

    def normal_forces(self) -> Array:
        """(nc,) sum of the forces along the contact normals, N."""
        normal = np.zeros(self._robot.nc)
        for index, contact, force in self._touching():
            normal[index] += abs(float(contact.frame[:3] @ force))
        return normal

    def positions(self) -> Array:
        """(nc, 3) world positions of the contact frames, m."""
        return np.array(self._data.site_xpos[self._sites]).reshape(self._robot.nc, 3)

    def velocities(self) -> Array:
        """(nc, 3) world velocity of the material point that touches the ground, m/s.

        For a point contact that is the lowest point of its sphere: rolling is not slipping.
        """
        velocities = np.zeros((self._robot.nc, 3))
        motion = np.zeros(6)  # angular, linear
        for i, (site, contact) in enumerate(zip(self._sites, self._robot.contacts, strict=True)):
            mujoco.mj_objectVelocity(
                self._model, self._data, mujoco.mjtObj.mjOBJ_SITE, site, motion, 0
            )
            radius = contact.radius if contact.kind == "point" else 0.0
            velocities[i] = motion[3:]
            velocities[i, 0] -= motion[1] * radius  # w x (0, 0, -radius)
            velocities[i, 1] += motion[0] * radius
        return velocities

    def base_touches_ground(self) -> bool:
        """Whether a geom of the base body touches the world."""
        pairs = self._model.geom_bodyid[self._data.contact.geom]  # (ncon, 2) bodies
        return bool((np.sort(pairs, axis=1) == (0, self._base)).all(axis=1).any())

    def _touching(self) -> list[tuple[int, Any, Array]]:
        """Contact index, MuJoCo contact and force on the robot (world) of all that touches."""
        found = []
        data, force = self._data, np.zeros(6)
        for i, (first_geom, second_geom) in enumerate(data.contact.geom.tolist()):
            second = self._index.get(second_geom)
            index = self._index.get(first_geom) if second is None else second
            if index is None:
                continue
            contact = data.contact[i]
            if contact.efc_address < 0:
                continue
            mujoco.mj_contactForce(self._model, data, i, force)
            # its axes are the rows of `frame`; it acts on the second geom
            world = contact.frame.reshape(3, 3).T @ force[:3]
            found.append((index, contact, world if second is not None else -world))
        return found
