"""What a perfect IMU reads: of the state at the end of a control step, not of MuJoCo's last step.

After `mj_step`, positions and velocities are new but MuJoCo's sensors are still those of the state
before, and its accelerations are not what an implicit integrator makes of the velocities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from surefoot.data import Array

_GRAVITY = np.array([0.0, 0.0, -9.81])


@dataclass(frozen=True)
class ImuMotion:
    """Motion of the IMU.

    Attributes
    ----------
    rotation
        (3, 3) of the IMU in the world.
    velocity
        (3,) world, m/s.
    gyro
        (3,) angular velocity, IMU axes, rad/s.
    """

    rotation: Array
    velocity: Array
    gyro: Array

    def specific_force(self, later: ImuMotion, duration: float) -> Array:
        """(3,) mean between two instants, IMU axes, m/s^2.

        An accelerometer is filtered against vibration: it reads the mean over its sampling period,
        which integrates to the true change of velocity, impacts included.
        """
        force = (later.velocity - self.velocity) / duration - _GRAVITY
        return np.asarray(0.5 * (self.rotation + later.rotation).T @ force)


def imu_motion(model: Any, data: Any, scratch: Any) -> ImuMotion:
    """Motion of the site ``imu`` at the present positions and velocities.

    Parameters
    ----------
    model, data
        MuJoCo's; `data` is left as it is.
    scratch
        Another `mujoco.MjData` of the model, overwritten.
    """
    scratch.qpos[:], scratch.qvel[:] = data.qpos, data.qvel
    mujoco.mj_kinematics(model, scratch)
    mujoco.mj_comPos(model, scratch)
    mujoco.mj_comVel(model, scratch)
    site = model.site("imu").id
    rotation = scratch.site_xmat[site].reshape(3, 3).copy()
    motion = np.zeros(6)  # angular, linear; world axes at the site
    kind = mujoco.mjtObj.mjOBJ_SITE
    mujoco.mj_objectVelocity(model, scratch, kind, site, motion, False)
    return ImuMotion(rotation, motion[3:], rotation.T @ motion[:3])
