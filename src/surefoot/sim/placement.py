"""Putting a robot on the ground."""

from __future__ import annotations

import logging
from typing import Any

import mujoco
import numpy as np

from surefoot.data import Array, JointCommand
from surefoot.robots import RobotModel
from surefoot.sim.conversions import Coordinates
from surefoot.sim.motors import drive
from surefoot.sim.terrain import Terrain

_LOG = logging.getLogger(__name__)

_SETTLE_TIME = 3.0  # s, longest time that a robot put on the ground is given to come to rest
_SETTLE_MIN_TIME = 0.3  # s, so that the instant before it sinks does not count
_SETTLE_SPEED = 1e-2  # m/s and rad/s that count as rest
_HOLD_STIFFNESS = 1.0  # of a lying robot's joints, effort limits per radian
_HOLD_DAMPING_TIME = 0.1  # s, ratio of their damping to their stiffness


def put_on_ground(
    model: Any, data: Any, coordinates: Coordinates, terrain: Terrain, q: Array
) -> Array:
    """(nq,) `q` turned level with the ground and shifted until the lowest geom touches it.

    Only the base's height and orientation change; `data` is left in that configuration.
    """
    placed = q.copy()
    normal = terrain.normal(q[0], q[1])
    # shortest turn from the vertical to the normal
    turn = np.array([-normal[1], normal[0], 0.0, 1.0 + normal[2]])
    placed[3:7] = _product(turn / np.linalg.norm(turn), q[3:7])
    data.qpos[:] = coordinates.qpos(placed)
    mujoco.mj_kinematics(model, data)
    base = int(model.body("base").id)
    geoms = [g for g in range(model.ngeom) if model.geom_bodyid[g] >= base]
    positions = data.geom_xpos[geoms]
    ground = terrain.height(positions[:, 0], positions[:, 1])
    placed[2] -= (_geom_bottoms(model, data, geoms) - ground).min()
    data.qpos[2] = placed[2]
    return placed


def settle(robot: RobotModel, model: Any, data: Any) -> None:
    """Let a robot that was just put down sink until it rests, its joints held softly.

    They stay so until the next command: joints without friction would never come to rest.
    """
    hold = JointCommand(
        position=robot.q_lying[7:],
        velocity=np.zeros(robot.nj),
        kp=_HOLD_STIFFNESS * robot.effort_limit,
        kd=_HOLD_STIFFNESS * _HOLD_DAMPING_TIME * robot.effort_limit,
        torque=np.zeros(robot.nj),
    )
    drive(model, data, hold)
    timestep = model.opt.timestep
    for step in range(round(_SETTLE_TIME / timestep)):
        mujoco.mj_step(model, data)
        if step * timestep > _SETTLE_MIN_TIME and np.abs(data.qvel).max() < _SETTLE_SPEED:
            break
    else:
        speed = np.abs(data.qvel).max()
        _LOG.warning("%s still moves at %.3g after being laid down", robot.name, speed)
    data.qvel[:] = 0.0


def _geom_bottoms(model: Any, data: Any, geoms: list[int]) -> Array:
    """(len(geoms),) height of the lowest point of sphere, box and capsule geoms, world, m."""
    bottoms = np.zeros(len(geoms))
    for i, geom in enumerate(geoms):
        size, down = model.geom_size[geom], data.geom_xmat[geom].reshape(3, 3)[2]
        kind = model.geom_type[geom]
        if kind == mujoco.mjtGeom.mjGEOM_BOX:
            reach = float(np.abs(down) @ size)
        elif kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
            reach = float(size[0] + abs(down[2]) * size[1])
        else:
            reach = float(size[0])
        bottoms[i] = data.geom_xpos[geom][2] - reach
    return bottoms


def _product(a: Array, b: Array) -> Array:
    """Product of two quaternions xyzw."""
    vector = a[3] * b[:3] + b[3] * a[:3] + np.cross(a[:3], b[:3])
    return np.array([*vector, a[3] * b[3] - a[:3] @ b[:3]])
