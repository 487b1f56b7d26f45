"""The visual geometry of an MJCF robot, for meshcat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import meshcat.geometry as mg
import mujoco
import numpy as np
import pinocchio as pin
from pinocchio.visualize.meshcat_visualizer import createCapsule

from surefoot.data import Array
from surefoot.robots import RobotModel

_GEOM = mujoco.mjtGeom
_Y_TO_Z = np.array([[1.0, 0, 0, 0], [0, 0, -1.0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]])


@dataclass(frozen=True)
class LinkShape:
    """One body to draw.

    Attributes
    ----------
    joint
        Pinocchio's index of the joint that it moves with.
    placement
        (4, 4) of the geometry in that joint's frame.
    geometry
        Meshcat's.
    rgba
        (4,) colour.
    """

    joint: int
    placement: Array
    geometry: Any
    rgba: Array


def mjcf_shapes(robot: RobotModel) -> Iterator[LinkShape]:
    """The geoms of the robot that are there to be seen: those that collide with nothing, or all
    of them if there are none of that kind.

    Parameters
    ----------
    robot
        Whose source is an MJCF.
    """
    model = mujoco.MjModel.from_xml_path(str(robot.source))
    frames = {frame.name: frame for frame in robot.pin_model.frames}
    geoms = [g for g in range(model.ngeom) if model.body(model.geom_bodyid[g]).name in frames]
    seen_only = [g for g in geoms if not model.geom_contype[g] and not model.geom_conaffinity[g]]
    for g in seen_only or geoms:
        made = _geometry(model, g)
        if made is None:
            continue
        geometry, turn = made
        frame = frames[model.body(model.geom_bodyid[g]).name]
        w, x, y, z = model.geom_quat[g]
        local = pin.SE3(pin.Quaternion(w, x, y, z).matrix(), model.geom_pos[g])
        placement = (frame.placement * local).homogeneous @ turn
        material = model.geom_matid[g]
        rgba = model.geom_rgba[g] if material < 0 else model.mat_rgba[material]
        yield LinkShape(int(frame.parentJoint), placement, geometry, np.array(rgba, dtype=float))


def _geometry(model: Any, geom: int) -> tuple[Any, Array] | None:
    """Meshcat's geometry of a geom, and how it is turned; None for planes and the like."""
    kind, size = int(model.geom_type[geom]), model.geom_size[geom]
    identity = np.eye(4)
    if kind == int(_GEOM.mjGEOM_BOX):
        return mg.Box([2.0 * float(s) for s in size]), identity
    if kind == int(_GEOM.mjGEOM_SPHERE):
        return mg.Sphere(float(size[0])), identity
    if kind == int(_GEOM.mjGEOM_CAPSULE):
        return createCapsule(2.0 * float(size[1]), float(size[0])), identity
    if kind == int(_GEOM.mjGEOM_CYLINDER):
        return mg.Cylinder(2.0 * float(size[1]), float(size[0])), _Y_TO_Z
    if kind == int(_GEOM.mjGEOM_ELLIPSOID):
        return mg.Sphere(1.0), np.diag([*size, 1.0])
    if kind == int(_GEOM.mjGEOM_MESH):
        mesh = int(model.geom_dataid[geom])
        vertex, face = model.mesh_vertadr[mesh], model.mesh_faceadr[mesh]
        vertices = model.mesh_vert[vertex : vertex + model.mesh_vertnum[mesh]]
        faces = model.mesh_face[face : face + model.mesh_facenum[mesh]]
        return mg.TriangularMeshGeometry(vertices, faces), identity
    return None
