"""From a robot file to a `RobotModel`."""

from __future__ import annotations

import importlib.util
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pinocchio as pin

from surefoot._cpp import robots as _robots
from surefoot.data import Array, RobotError
from surefoot.robots.config import RobotConfig
from surefoot.robots.files import find_robot_file, read_config
from surefoot.robots.ground import collision_heights, contact_heights
from surefoot.robots.model import Contact, RobotModel


def load_robot(name_or_path: str | Path) -> RobotModel:
    """Load a robot by its library name, or from a robot file.

    Parameters
    ----------
    name_or_path
        ``"go2"`` (see `robot_names`), or the path of a TOML file.

    Raises
    ------
    RobotError
        Naming everything that is wrong with the file or the description it points to.
    """
    path = find_robot_file(name_or_path)
    config = read_config(path)
    source, package_dirs = _description_path(config, path)
    return _build(config, _read_description(config, source), source, package_dirs)


def _description_path(config: RobotConfig, path: Path) -> tuple[Path, tuple[Path, ...]]:
    if config.description.package is None:
        source = (path.parent / config.description.path).resolve()
        package_dirs: tuple[Path, ...] = (
            source.parent,
            source.parent.parent,
            source.parent.parent.parent,
        )
    else:
        share = example_robot_data_share()
        source = share / "robots" / config.description.path
        package_dirs = (share.parent, share)
    if not source.is_file():
        raise RobotError(config.name, [f"description.path: no file {source}"])
    return source, package_dirs


def example_robot_data_share() -> Path:
    """Folder of the `example-robot-data` wheel that holds its ``robots`` folder."""
    for entry in sys.path:
        share = Path(entry) / "cmeel.prefix" / "share" / "example-robot-data"
        if share.is_dir():
            return share
    spec = importlib.util.find_spec("pinocchio")
    if spec is not None and spec.origin is not None:
        for parent in Path(spec.origin).parents:
            share = parent / "share" / "example-robot-data"
            if share.is_dir():
                return share
    raise RobotError("example-robot-data", ["is not installed: pip install example-robot-data"])


def _read_description(config: RobotConfig, source: Path) -> Any:
    try:
        model = pin.buildModelFromUrdf(str(source), pin.JointModelFreeFlyer())
    except Exception as error:
        raise RobotError(config.name, [f"{source} cannot be parsed: {error}"]) from None
    locked = config.description.locked_joints
    unknown = [name for name in locked if not model.existJointName(name)]
    if unknown:
        raise RobotError(
            config.name, [f"description.locked_joints: no joint '{name}'" for name in unknown]
        )
    if locked:
        q = pin.neutral(model)
        for name, value in locked.items():
            q[model.joints[model.getJointId(name)].idx_q] = value
        model = pin.buildReducedModel(model, [model.getJointId(name) for name in locked], q)
    return model


def _build(
    config: RobotConfig, model: Any, source: Path, package_dirs: tuple[Path, ...]
) -> RobotModel:
    joint_names = tuple(model.names[2:])
    limits = config.limits
    for values, array, offset in (
        (limits.position_lower, model.lowerPositionLimit, 7),
        (limits.position_upper, model.upperPositionLimit, 7),
        (limits.velocity, model.velocityLimit, 6),
        (limits.effort, model.effortLimit, 6),
        (limits.armature, model.armature, 6),
    ):
        for index, value in _by_joint(config, "limits", joint_names, values).items():
            array[offset + index] = value

    contacts = []
    for item in config.contacts:
        joint, placement = _frame(config, model, item.frame)
        placement = placement * pin.SE3(np.eye(3), np.array(item.center))
        contacts.append(
            Contact(
                item.name,
                item.kind,
                joint,
                placement,
                item.radius,
                item.half_length,
                item.half_width,
                item.friction,
                item.yaw_friction,
                item.force_sensor,
            )
        )
    imu_joint, imu_placement = _frame(config, model, config.imu.frame)
    robot = RobotModel(
        name=config.name,
        config=config,
        pin_model=model,
        description=_describe(config.name, model, contacts),
        joint_names=joint_names,
        contact_names=tuple(contact.name for contact in contacts),
        contacts=tuple(contacts),
        imu_joint=imu_joint,
        imu_placement=imu_placement,
        position_lower=np.array(model.lowerPositionLimit[7:]),
        position_upper=np.array(model.upperPositionLimit[7:]),
        velocity_limit=np.array(model.velocityLimit[6:]),
        effort_limit=np.array(model.effortLimit[6:]),
        q_nominal=_configuration(config, joint_names, config.posture.nominal),
        q_lying=_configuration(config, joint_names, config.posture.lying),
        source=source,
        package_dirs=package_dirs,
    )
    robot.q_nominal[2] = config.posture.height
    robot.q_lying[2] = -min(
        contact_heights(model, contacts, robot.q_lying).min(initial=np.inf),
        collision_heights(model, config.collisions, robot.q_lying).min(initial=np.inf),
    )
    return robot


def _frame(config: RobotConfig, model: Any, name: str) -> tuple[int, Any]:
    if not model.existFrame(name):
        raise RobotError(config.name, [f"no frame '{name}' in the description"])
    frame = model.frames[model.getFrameId(name)]
    return int(frame.parentJoint) - 2, frame.placement


def _configuration(
    config: RobotConfig, joint_names: tuple[str, ...], posture: dict[str, float]
) -> Array:
    q = np.zeros(7 + len(joint_names))
    q[6] = 1.0
    for index, value in _by_joint(config, "posture", joint_names, posture).items():
        q[7 + index] = value
    return q


def _by_joint(
    config: RobotConfig, table: str, joint_names: tuple[str, ...], values: dict[str, float]
) -> dict[int, float]:
    """Values by joint index; a key is a joint name or a pattern (``*_knee_joint``), later wins."""
    found: dict[int, float] = {}
    for pattern, value in values.items():
        matches = [i for i, name in enumerate(joint_names) if fnmatchcase(name, pattern)]
        if not matches:
            raise RobotError(config.name, [f"{table}: no joint '{pattern}'"])
        found.update(dict.fromkeys(matches, value))
    return found


def _body(inertia: Any) -> _robots.BodyInertia:
    body = _robots.BodyInertia()
    body.mass = inertia.mass
    body.com = inertia.lever
    body.inertia = inertia.inertia
    return body


_AXES = {"X": (1.0, 0.0, 0.0), "Y": (0.0, 1.0, 0.0), "Z": (0.0, 0.0, 1.0)}


def _describe(name: str, model: Any, contacts: list[Contact]) -> _robots.RobotDescription:
    description = _robots.RobotDescription()
    description.name = name
    description.base = _body(model.inertias[1])
    joints = []
    for index in range(2, model.njoints):
        joint = _robots.JointDescription()
        joint.name = model.names[index]
        data = model.joints[index].createData()
        model.joints[index].calc(data, pin.neutral(model))
        subspace = np.asarray(data.S).reshape(6)
        revolute = np.linalg.norm(subspace[3:]) > 0.5
        joint.kind = _robots.JointKind.REVOLUTE if revolute else _robots.JointKind.PRISMATIC
        joint.axis = subspace[3:] if revolute else subspace[:3]
        joint.parent = int(model.parents[index]) - 2
        placement = model.jointPlacements[index]
        joint.rotation, joint.translation = placement.rotation, placement.translation
        joint.body = _body(model.inertias[index])
        joint.armature = float(model.armature[index + 4])
        joint.position_lower = float(model.lowerPositionLimit[index + 5])
        joint.position_upper = float(model.upperPositionLimit[index + 5])
        joint.velocity_limit = float(model.velocityLimit[index + 4])
        joint.effort_limit = float(model.effortLimit[index + 4])
        joints.append(joint)
    description.joints = joints
    items = []
    for contact in contacts:
        item = _robots.ContactDescription()
        item.frame = _frame_description(contact.name, contact.joint, contact.placement)
        item.kind = (
            _robots.ContactKind.POINT if contact.kind == "point" else _robots.ContactKind.SURFACE
        )
        item.radius = contact.radius
        item.half_length, item.half_width = contact.half_length, contact.half_width
        item.friction, item.yaw_friction = contact.friction, contact.yaw_friction
        items.append(item)
    description.contacts = items
    description.validate()
    return description


def _frame_description(name: str, joint: int, placement: Any) -> _robots.FrameDescription:
    frame = _robots.FrameDescription()
    frame.name, frame.joint = name, joint
    frame.rotation, frame.translation = placement.rotation, placement.translation
    return frame
