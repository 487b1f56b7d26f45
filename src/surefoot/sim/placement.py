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

_SETTLE_TIME = 10.0  # s, longest time that a robot put on the ground is given to come to rest
_REST_SPEED = 5e-3  # m/s and rad/s of the base that count as rest
_REST_TIME = 0.2  # s that it must last
_HOLD = 0.05  # 1/rad, stiffness of the joints meanwhile, in effort limits


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


def settle(robot: RobotModel, model: Any, data: Any, posture: Array) -> None:
    """Let a robot that was just put down sink until its base rests on the ground.

    Its motors damp, as in a controller's passive phase, and hold the joints `posture` (nj,) so
    weakly that legs do not carry the base but do not fall apart. Then they only damp, until the
    next command.
    """
    zero = np.zeros(robot.nj)
    kp, kd = _HOLD * robot.effort_limit, robot.config.control.damping_kd * robot.effort_limit
    drive(model, data, JointCommand(posture, zero, kp, kd, zero))
    timestep = float(model.opt.timestep)
    resting = 0.0
    for _ in range(round(_SETTLE_TIME / timestep)):
        mujoco.mj_step(model, data)
        resting = resting + timestep if np.abs(data.qvel[:6]).max() < _REST_SPEED else 0.0
        if resting >= _REST_TIME:
            break
    else:
        speed = np.abs(data.qvel[:6]).max()
        _LOG.warning("%s still moves at %.3g after being laid down", robot.name, speed)
    data.qvel[:] = 0.0
    drive(model, data, JointCommand(zero, zero, zero, kd, zero))


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
