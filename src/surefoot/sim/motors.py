"""Motor drivers of the simulated joints."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from surefoot.data import JointCommand
from surefoot.robots import RobotModel


def add_motors(spec: Any, robot: RobotModel) -> None:
    """One affine actuator a joint: force = ctrl - kp q - kd dq, clipped to the effort limit."""
    for joint, limit in zip(robot.joint_names, robot.effort_limit, strict=True):
        spec.add_actuator(
            name=joint,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            target=joint,
            gaintype=mujoco.mjtGain.mjGAIN_FIXED,
            gainprm=[1.0, *np.zeros(9)],
            biastype=mujoco.mjtBias.mjBIAS_AFFINE,
            forcelimited=mujoco.mjtLimited.mjLIMITED_TRUE,
            forcerange=[-limit, limit],
        )


def drive(model: Any, data: Any, command: JointCommand) -> None:
    """Make the motors follow a command: torque + kp (position - q) + kd (velocity - dq).

    MuJoCo integrates the damping implicitly, as if the driver ran much faster than the physics
    step, which it does.
    """
    data.ctrl[:] = command.torque + command.kp * command.position + command.kd * command.velocity
    model.actuator_biasprm[:, 1] = -command.kp
    model.actuator_biasprm[:, 2] = -command.kd


def limp(nj: int) -> JointCommand:
    """No torque at all on `nj` joints."""
    return JointCommand(*(np.zeros(nj) for _ in range(5)))
