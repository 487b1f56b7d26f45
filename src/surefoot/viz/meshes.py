"""The robot's visual geometry as meshcat drawing commands."""

from __future__ import annotations

import warnings
from typing import Any

import meshcat
import numpy as np
import pinocchio as pin
import umsgpack
from pinocchio.visualize import MeshcatVisualizer

from surefoot.robots import RobotModel

ROBOT_PATH = "surefoot/robot"


class _CommandSink:
    """Stands in for meshcat's window: keeps the commands instead of sending them."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def send(self, command: Any) -> None:
        self.commands.append(command.lower())


class _Loader(MeshcatVisualizer):  # type: ignore[misc]  # untyped
    """Pinocchio's loader of meshes and primitives, with one node per joint."""

    def getViewerNodeName(self, geometry: Any, _kind: Any) -> str:
        return f"{joint_path(geometry.parentJoint)}/{geometry.name}"


def joint_path(joint: int) -> str:
    """Scene path of the body that moves with Pinocchio's joint of that index."""
    return f"/{ROBOT_PATH}/{joint}"


def robot_commands(robot: RobotModel) -> tuple[list[bytes], list[tuple[str, str]]]:
    """Meshcat commands that draw each link under the node of its joint.

    Collada, STL and OBJ meshes keep their colours. A mesh that several links use is sent once.

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
    geometry = visual_model(robot)
    sink = _CommandSink()
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
            matrix = item.placement.homogeneous @ np.diag([*item.meshScale, 1.0])
            transform = {"type": "set_transform", "path": path, "matrix": matrix.T.ravel().tolist()}
            sink.commands.append(transform)
    return [umsgpack.packb(command) for command in sink.commands], copies


def visual_model(robot: RobotModel) -> Any:
    """Pinocchio's `GeometryModel` of the robot's visual geometry."""
    geometry = pin.GeometryModel()
    if robot.source.suffix == ".urdf":
        geometry = pin.buildGeomFromUrdf(
            robot.pin_model,
            str(robot.source),
            pin.GeometryType.VISUAL,
            package_dirs=[str(folder) for folder in robot.package_dirs],
        )
    return geometry
