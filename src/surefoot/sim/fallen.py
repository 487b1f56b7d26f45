"""Robots that have fallen: poses on a side of the base, and the side on which a robot lies."""

from __future__ import annotations

from typing import Literal, get_args

import mujoco
import numpy as np

from surefoot.data import Array
from surefoot.robots import RobotModel
from surefoot.robots.config import Side
from surefoot.robots.model import SIDES
from surefoot.sim.conversions import Coordinates
from surefoot.sim.plant import build_plant
from surefoot.sim.terrain import flat

Lying = Side | Literal["bottom"]

_ALOFT = 10.0  # m, where a robot touches nothing but itself
# Roll and pitch that bring a side of the base down.
_TURN: dict[Side, tuple[float, float]] = {
    "left": (-0.5 * np.pi, 0.0),
    "right": (0.5 * np.pi, 0.0),
    "top": (np.pi, 0.0),
    "front": (0.0, 0.5 * np.pi),
    "rear": (0.0, -0.5 * np.pi),
}


def lies_on(up: Array, tilt_limit: float) -> Lying:
    """What a robot lies on.

    Parameters
    ----------
    up
        (3,) direction upwards in base axes.
    tilt_limit
        rad, up to which it can stand up.
    """
    if up[2] >= np.cos(tilt_limit):
        return "bottom"
    sides: tuple[Side, ...] = get_args(Side)
    return min(sides, key=lambda side: float(up @ SIDES[side]))


def fallen_pose(robot: RobotModel, side: Side, seed: int) -> Array:
    """(nq,) a robot somehow on a side of its base, any way round, to be put on the ground.

    Its limbs are anywhere near the standing posture where none is inside another.
    """
    rng = np.random.default_rng(seed)
    roll = _TURN[side][0] + rng.uniform(-0.4, 0.4)
    pitch, yaw = _TURN[side][1] + rng.uniform(-0.3, 0.3), rng.uniform(-np.pi, np.pi)
    q = robot.q_nominal.copy()
    q[3:7] = _quaternion(roll, pitch, yaw)
    offsets = rng.uniform(-0.5, 0.5, robot.nj)
    model = build_plant(robot, timestep=1e-3, friction=1.0, terrain=flat(), self_collision=True)
    data, coordinates = mujoco.MjData(model), Coordinates(robot, model)
    while True:
        q[7:] = np.clip(q[7:] + offsets, robot.position_lower, robot.position_upper)
        data.qpos[:] = coordinates.qpos(np.concatenate([[0.0, 0.0, _ALOFT], q[3:]]))
        mujoco.mj_forward(model, data)
        if not data.ncon or np.abs(offsets).max() < 1e-3:
            return q
        q[7:] = robot.q_nominal[7:]
        offsets *= 0.7


def _quaternion(roll: float, pitch: float, yaw: float) -> Array:
    """Quaternion xyzw of a turn about z, then the new y, then the new x."""
    half = np.array([roll, pitch, yaw]) / 2.0
    (sr, sp, sy), (cr, cp, cy) = np.sin(half), np.cos(half)
    return np.array(
        [
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
            cr * cp * cy + sr * sp * sy,
        ]
    )
