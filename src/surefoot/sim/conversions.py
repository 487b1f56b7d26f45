"""The only place where MuJoCo's coordinates and Surefoot's meet.

Surefoot (and Pinocchio): q = [base position (world), quaternion xyzw, joints],
v = [base linear (base frame), base angular (base frame), joints]. MuJoCo: quaternion wxyz and base
linear velocity in world axes; its joints lie in its own order.
"""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from surefoot.data import Array
from surefoot.robots import RobotModel


def rotation_matrix(quaternion_xyzw: Array) -> Array:
    """(3, 3) rotation matrix of a unit quaternion xyzw."""
    x, y, z, w = quaternion_xyzw
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_wxyz(rotation: Array) -> Array:
    """(4,) MuJoCo quaternion of a rotation matrix (3, 3)."""
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, np.ascontiguousarray(rotation, dtype=np.float64).ravel())
    return quaternion


def quaternion_xyzw(rotation: Array) -> Array:
    """(4,) quaternion xyzw of a rotation matrix (3, 3)."""
    return np.roll(quaternion_wxyz(rotation), -1)


class Coordinates:
    """Maps between the coordinates of a robot and those of its compiled MuJoCo model.

    Parameters
    ----------
    robot
        The robot.
    model
        `mujoco.MjModel` whose first joint is the robot's free joint and which names the other
        joints as the robot does.
    """

    def __init__(self, robot: RobotModel, model: Any) -> None:
        joints = [model.joint(name).id for name in robot.joint_names]
        self._nv = robot.nv
        self._qpos = np.array(model.jnt_qposadr[joints], dtype=int)
        self._dof = np.array(model.jnt_dofadr[joints], dtype=int)
        # position of each of our velocity components in MuJoCo's vector
        self._order = np.concatenate([np.arange(6), self._dof])

    @property
    def joint_dof(self) -> Any:
        """(nj,) index of each joint in MuJoCo's velocity vector."""
        return self._dof

    def joint_position(self, qpos: Array) -> Array:
        """(nj,) joint positions, rad."""
        return np.asarray(qpos[self._qpos])

    def joint_velocity(self, qvel: Array) -> Array:
        """(nj,) joint velocities (or torques, accelerations), rad/s."""
        return np.asarray(qvel[self._dof])

    def q(self, qpos: Array) -> Array:
        """(nq,) configuration from MuJoCo's."""
        return np.concatenate([qpos[:3], qpos[4:7], qpos[3:4], qpos[self._qpos]])

    def qpos(self, q: Array) -> Array:
        """MuJoCo's configuration from (nq,) `q`; the quaternion is normalised."""
        qpos = np.zeros(len(q))
        qpos[:3] = q[:3]
        quaternion = q[3:7] / np.linalg.norm(q[3:7])
        qpos[3], qpos[4:7] = quaternion[3], quaternion[:3]
        qpos[self._qpos] = q[7:]
        return qpos

    def v(self, qpos: Array, qvel: Array) -> Array:
        """(nv,) velocity from MuJoCo's: v = [R^T v_world, w, dq]."""
        linear = self._rotation(qpos).T @ qvel[:3]
        return np.concatenate([linear, qvel[3:6], qvel[self._dof]])

    def qvel(self, q: Array, v: Array) -> Array:
        """MuJoCo's velocity from (nq,) `q` and (nv,) `v`."""
        qvel = np.zeros(len(v))
        qvel[:3] = rotation_matrix(q[3:7] / np.linalg.norm(q[3:7])) @ v[:3]
        qvel[3:6] = v[3:6]
        qvel[self._dof] = v[6:]
        return qvel

    def base_acceleration(self, qpos: Array, qacc: Array) -> Array:
        """(6,) acceleration of the base frame's origin: linear, angular; world axes."""
        return np.concatenate([qacc[:3], self._rotation(qpos) @ qacc[3:6]])

    def mass_matrix(self, qpos: Array, full_mass_matrix: Array) -> Array:
        """(nv, nv) mass matrix for `v` from MuJoCo's dense one: T' M T with v_mj = T v."""
        transform = self._transform(qpos)
        return np.asarray(transform.T @ full_mass_matrix @ transform)

    def bias(self, qpos: Array, qvel: Array, full_mass_matrix: Array, qfrc_bias: Array) -> Array:
        """(nv,) Coriolis, centrifugal and gravity forces for `v`.

        From v_mj = T v: M_mj (T dv + dT v) + h_mj = tau_mj, so h = T' (h_mj + M_mj dT v), where
        dT v = [R (w x v_linear), 0, 0].
        """
        rotation = self._rotation(qpos)
        drift = np.zeros(self._nv)
        drift[:3] = rotation @ np.cross(qvel[3:6], rotation.T @ qvel[:3])
        return np.asarray(self._transform(qpos).T @ (qfrc_bias + full_mass_matrix @ drift))

    @staticmethod
    def _rotation(qpos: Array) -> Array:
        return rotation_matrix(np.array([qpos[4], qpos[5], qpos[6], qpos[3]]))

    def _transform(self, qpos: Array) -> Array:
        transform = np.zeros((self._nv, self._nv))
        transform[self._order, np.arange(self._nv)] = 1.0
        transform[:3, :3] = self._rotation(qpos)
        return transform
