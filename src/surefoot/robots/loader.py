"""From a robot file to a `RobotModel`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pinocchio as pin

from surefoot.data import Array, RobotError
from surefoot.robots import validate
from surefoot.robots.config import ContactConfig, RobotConfig
from surefoot.robots.describe import describe
from surefoot.robots.files import find_robot_file, read_config
from surefoot.robots.ground import collision_heights, contact_heights
from surefoot.robots.mirror import mirror_image
from surefoot.robots.mjcf import read_mjcf
from surefoot.robots.model import Contact, RightingMotion, RightingPosture, RobotModel
from surefoot.robots.names import by_joint, find_frame
from surefoot.robots.urdf import read_urdf


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
    model = _read_description(config, source)
    return _build(config, model, source, package_dirs)


def _description_path(config: RobotConfig, path: Path) -> tuple[Path, tuple[Path, ...]]:
    if config.description.package is None:
        source = (path.parent / config.description.path).absolute()
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
    locked = config.description.locked_joints
    if source.suffix.lower() == ".urdf":
        model = read_urdf(config.name, source, locked)
    elif source.suffix.lower() in (".xml", ".mjcf"):
        model = read_mjcf(config.name, source)
    else:
        raise RobotError(config.name, [f"description.path: {source} is no .urdf, .xml or .mjcf"])
    problems: list[str] = []
    values = by_joint("description.locked_joints", model.names[2:], locked, problems)
    if problems:
        raise RobotError(config.name, problems)
    if not values:
        return model
    q = pin.neutral(model)
    for index, value in values.items():
        q[model.joints[index + 2].idx_q] = value
    return pin.buildReducedModel(model, [index + 2 for index in values], q)


def _build(
    config: RobotConfig, model: Any, source: Path, package_dirs: tuple[Path, ...]
) -> RobotModel:
    """Check everything that can be checked before the model exists, build it, check the rest."""
    joint_names = tuple(model.names[2:])
    problems = validate.tree_problems(model)
    if model.nq != 7 + len(joint_names):
        raise RobotError(config.name, problems)  # the joint arrays below would not line up
    _override_limits(config, model, problems)
    corner, no_load = _torque_speed(config, joint_names, problems)
    nominal = by_joint("posture.nominal", joint_names, config.posture.nominal, problems)
    lying = by_joint("posture.lying", joint_names, config.posture.lying, problems)
    righting = [
        [
            by_joint(
                f"righting.motions[{i}].postures[{k}].joints", joint_names, item.joints, problems
            )
            for k, item in enumerate(motion.postures)
        ]
        for i, motion in enumerate(config.righting.motions)
    ]
    parting = by_joint("righting.parting", joint_names, config.righting.parting, problems)
    problems += validate.name_problems(config, model)
    problems += validate.contact_problems(config)
    problems += validate.collision_problems(config.collisions)
    problems += validate.limit_problems(model)
    if problems:
        raise RobotError(config.name, problems)

    contacts = tuple(_contact(model, item) for item in config.contacts)
    description = describe(config.name, model, contacts)
    imu_joint, imu_placement = find_frame(model, config.imu.frame)
    q_nominal, q_lying = pin.neutral(model), pin.neutral(model)
    q_nominal[[7 + i for i in nominal]] = list(nominal.values())
    q_lying[[7 + i for i in lying]] = list(lying.values())
    q_nominal[2] = config.posture.height
    with np.errstate(over="ignore", invalid="ignore"):
        q_lying[2] = -min(
            contact_heights(model, contacts, q_lying).min(),
            collision_heights(model, config.collisions, q_lying).min(initial=np.inf),
        )
    robot = RobotModel(
        name=config.name,
        config=config,
        pin_model=model,
        description=description,
        joint_names=joint_names,
        contact_names=tuple(contact.name for contact in contacts),
        contacts=contacts,
        imu_joint=imu_joint,
        imu_placement=imu_placement,
        position_lower=np.array(model.lowerPositionLimit[7:]),
        position_upper=np.array(model.upperPositionLimit[7:]),
        velocity_limit=np.array(model.velocityLimit[6:]),
        effort_limit=np.array(model.effortLimit[6:]),
        corner_velocity=corner,
        no_load_velocity=no_load,
        q_nominal=q_nominal,
        q_lying=q_lying,
        righting=tuple(
            RightingMotion(
                tuple(motion.down),
                tuple(
                    RightingPosture(item.duration, _posture(q_lying[7:], joints))
                    for item, joints in zip(motion.postures, postures, strict=True)
                ),
            )
            for motion, postures in zip(config.righting.motions, righting, strict=True)
        ),
        parting=_posture(q_nominal[7:], parting),
        mirror=mirror_image(model, description),
        source=source,
        package_dirs=package_dirs,
    )
    with np.errstate(over="ignore", invalid="ignore"):
        problems = validate.posture_problems(robot) + validate.righting_problems(robot)
    if problems:
        raise RobotError(config.name, problems)
    return robot


def _posture(rest: Array, joints: dict[int, float]) -> Array:
    posture = rest.copy()
    posture[list(joints)] = list(joints.values())
    return posture


def _override_limits(config: RobotConfig, model: Any, problems: list[str]) -> None:
    limits = config.limits
    joint_names = tuple(model.names[2:])
    for key, values, array, offset in (
        ("position_lower", limits.position_lower, model.lowerPositionLimit, 7),
        ("position_upper", limits.position_upper, model.upperPositionLimit, 7),
        ("velocity", limits.velocity, model.velocityLimit, 6),
        ("effort", limits.effort, model.effortLimit, 6),
        ("armature", limits.armature, model.armature, 6),
    ):
        for index, value in by_joint(f"limits.{key}", joint_names, values, problems).items():
            array[offset + index] = value
    model.lowerVelocityLimit = -model.velocityLimit  # Pinocchio keeps both, Surefoot one
    model.lowerEffortLimit = -model.effortLimit


def _torque_speed(
    config: RobotConfig, joint_names: tuple[str, ...], problems: list[str]
) -> tuple[Array, Array]:
    """Corner and no-load velocities, (nj,) each; infinite where the file gives none."""
    curves = []
    for key in ("corner_velocity", "no_load_velocity"):
        values = by_joint(f"limits.{key}", joint_names, getattr(config.limits, key), problems)
        curve = np.full(len(joint_names), np.inf)
        curve[list(values)] = list(values.values())
        curves.append(curve)
    corner, no_load = curves
    problems += [
        f"joint '{name}': limits.corner_velocity and limits.no_load_velocity must be given"
        " together, the latter larger"
        for name, low, high in zip(joint_names, corner, no_load, strict=True)
        if np.isfinite(low) != np.isfinite(high) or low > high
    ]
    return corner, no_load


def _contact(model: Any, item: ContactConfig) -> Contact:
    joint, placement = find_frame(model, item.frame)
    return Contact(
        name=item.name,
        kind=item.kind,
        joint=joint,
        placement=placement * pin.SE3(np.eye(3), np.array(item.center)),
        radius=item.radius,
        half_length=item.half_length,
        half_width=item.half_width,
        friction=item.friction,
        yaw_friction=item.yaw_friction,
        force_sensor=item.force_sensor,
    )
