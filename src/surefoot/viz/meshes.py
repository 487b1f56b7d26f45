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


def robot_commands(robot: RobotModel) -> list[bytes]:
    """Meshcat commands (msgpack) that draw each link under the node of its joint.

    Collada, STL and OBJ meshes keep their colours. A description without visual geometry is
    drawn by the collision primitives of the robot file.

    Parameters
    ----------
    robot
        The robot.
    """
    geometry = visual_model(robot)
    sink = _CommandSink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a geometry that cannot be drawn is left out
        loader = _Loader(robot.pin_model, None, geometry)
        loader.initViewer(viewer=meshcat.Visualizer(window=sink))
        for item in geometry.geometryObjects:
            loader.loadViewerGeometryObject(item, pin.GeometryType.VISUAL)
    for item in geometry.geometryObjects:
        matrix = item.placement.homogeneous @ np.diag([*item.meshScale, 1.0])
        sink.commands.append(
            {
                "type": "set_transform",
                "path": loader.getViewerNodeName(item, None),
                "matrix": matrix.T.flatten().tolist(),
            }
        )
    return [umsgpack.packb(command) for command in sink.commands]


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
