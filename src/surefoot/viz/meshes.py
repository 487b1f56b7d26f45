"""The robot and its ground as meshcat drawing commands."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import meshcat
import meshcat.geometry as mg
import numpy as np
import pinocchio as pin
import umsgpack
from pinocchio.visualize import MeshcatVisualizer
from pinocchio.visualize.meshcat_visualizer import createCapsule

from surefoot.data import Array
from surefoot.robots import RobotModel
from surefoot.viz.mjcf_meshes import LinkShape, mjcf_shapes
from surefoot.viz.shapes import boxes_mesh

_LINK_COLOR = np.array([0.62, 0.66, 0.72, 1.0])  # of links without a colour of their own
_GROUND_SHADES = ((0.58, 0.63, 0.69), (0.66, 0.71, 0.76))  # box after box, so that steps show


class _CommandSink:
    """Stands in for meshcat's window: keeps the commands instead of sending them."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def send(self, command: Any) -> None:
        self.commands.append(command.lower())


class _Loader(MeshcatVisualizer):  # type: ignore[misc]  # untyped
    """Pinocchio's loader of meshes and primitives, with one node per joint."""

    def getViewerNodeName(self, geometry: Any, _kind: Any) -> str:
        return f"/surefoot/robot/{geometry.parentJoint}/{geometry.name}"


def robot_commands(robot: RobotModel) -> tuple[list[bytes], list[tuple[str, str]]]:
    """Meshcat commands that draw each link under the node of its joint.

    Collada, STL and OBJ meshes keep their colours. A mesh that several links use is sent once. A
    description without any geometry is drawn as a stick figure.

    Parameters
    ----------
    robot
        The robot.

    Returns
    -------
    commands
        Drawing commands, msgpack.
    copies
        (from, to) paths of the links that look like an earlier one.
    """
    sink = _CommandSink()
    copies: list[tuple[str, str]] = []
    if robot.source.suffix.lower() == ".urdf":
        copies = _urdf_commands(robot, sink)
    else:
        _shape_commands(mjcf_shapes(robot), sink)
    if not any(command["type"] == "set_object" for command in sink.commands):
        _shape_commands(stick_figure(robot), sink)
    return [umsgpack.packb(command) for command in sink.commands], copies


def terrain_commands(terrain: Any) -> list[bytes]:
    """Meshcat commands that draw the boxes of a `surefoot.sim.Terrain`."""
    if not terrain.boxes:
        return []
    sink = _CommandSink()
    vertices, faces = boxes_mesh(terrain.boxes)
    shades = np.resize(_GROUND_SHADES, (len(terrain.boxes), 3))
    colors = np.repeat(shades, len(vertices) // len(terrain.boxes), axis=0)
    geometry = mg.TriangularMeshGeometry(vertices, faces, color=colors)
    node = meshcat.Visualizer(window=sink)["/surefoot/ground/boxes"]
    node.set_object(geometry, mg.MeshPhongMaterial(vertexColors=True, shininess=5.0))
    return [umsgpack.packb(command) for command in sink.commands]


def stick_figure(robot: RobotModel) -> Iterator[LinkShape]:
    """Capsules from each joint to the joints and contacts that it carries."""
    model, radius = robot.pin_model, 0.06 * float(robot.q_nominal[2])
    ends = [
        (int(model.parents[j]), np.array(model.jointPlacements[j].translation))
        for j in range(2, model.njoints)
    ]
    ends += [(c.joint + 2, np.array(c.placement.translation)) for c in robot.contacts]
    yield LinkShape(1, np.eye(4), mg.Sphere(2.5 * radius), _LINK_COLOR)
    for joint, end in ends:
        length = float(np.linalg.norm(end))
        if length < 1e-6:
            continue
        placement = np.eye(4)
        turn = pin.Quaternion.FromTwoVectors(np.array([0.0, 0.0, 1.0]), end)
        placement[:3, :3] = turn.toRotationMatrix()
        placement[:3, 3] = 0.5 * end
        yield LinkShape(joint, placement, createCapsule(length, radius), _LINK_COLOR)


def _urdf_commands(robot: RobotModel, sink: _CommandSink) -> list[tuple[str, str]]:
    geometry = _urdf_geometry(robot)
    copies: list[tuple[str, str]] = []
    first: dict[tuple[object, ...], str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a geometry that cannot be drawn is left out
        loader = _Loader(robot.pin_model, None, geometry)
        loader.initViewer(viewer=meshcat.Visualizer(window=sink))
        for item in geometry.geometryObjects:
            path = loader.getViewerNodeName(item, None)
            look = (item.meshPath, *item.meshColor)
            if item.meshPath and look in first:
                copies.append((first[look], path))
            else:
                first[look] = path
                loader.loadViewerGeometryObject(item, pin.GeometryType.VISUAL)
            scale = np.diag([*item.meshScale, 1.0])
            sink.commands.append(_transform(path, item.placement.homogeneous @ scale))
    return copies


def _urdf_geometry(robot: RobotModel) -> Any:
    """Visual geometry of the URDF; its collision geometry if it has no other."""
    folders = [str(folder) for folder in robot.package_dirs]
    geometry = pin.GeometryModel()
    for kind in (pin.GeometryType.VISUAL, pin.GeometryType.COLLISION):
        geometry = pin.buildGeomFromUrdf(
            robot.pin_model, str(robot.source), kind, package_dirs=folders
        )
        if geometry.ngeoms:
            break
    return geometry


def _shape_commands(shapes: Iterator[LinkShape], sink: _CommandSink) -> None:
    root = meshcat.Visualizer(window=sink)
    for index, shape in enumerate(shapes):
        red, green, blue = (round(255 * float(c)) for c in shape.rgba[:3])
        material = mg.MeshPhongMaterial(
            color=red * 65536 + green * 256 + blue, opacity=float(shape.rgba[3])
        )
        path = f"/surefoot/robot/{shape.joint}/shape_{index}"
        root[path].set_object(shape.geometry, material)
        sink.commands.append(_transform(path, shape.placement))


def _transform(path: str, matrix: Array) -> dict[str, Any]:
    return {"type": "set_transform", "path": path, "matrix": matrix.T.ravel().tolist()}
