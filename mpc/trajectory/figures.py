"""Figures of a trajectory, found anew with Pinocchio: the optimiser's word is not taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin

from surefoot.mpc.symbolic import GRAVITY
from surefoot.mpc.trajectory.physics import TrajectoryPhysics
from surefoot.mpc.trajectory.trajectory import Trajectory
from surefoot.robots import RobotModel


def trajectory_figures(robot: RobotModel, trajectory: Trajectory) -> dict[str, Any]:
    """What the motion does and what it takes; shares are of the robot's own limits, at most 1.

    Parameters
    ----------
    robot
        That the trajectory is of.
    trajectory
        The motion.
    """
    physics = TrajectoryPhysics(robot, trajectory)
    times = trajectory.times
    dense = np.linspace(0.0, trajectory.duration, 10 * len(times))
    heights = np.array([trajectory.at(float(t))[0][2] for t in dense])
    middle = 0.5 * (times[1:] + times[:-1])
    needed = np.array([physics.generalized_forces(float(t)) for t in middle])
    # Between the nodes torques are not bounded: their share is looked for at the ends too.
    inside = [times[:-1] + part * np.diff(times) for part in (0.02, 0.5, 0.98)]
    torque = np.array([physics.generalized_forces(float(t))[6:] for t in np.concatenate(inside)])
    weight = robot.mass * GRAVITY
    yaw = [pin.rpy.matrixToRpy(pin.Quaternion(q[3:7]).matrix())[2] for q in trajectory.q]
    turn = np.rad2deg(np.unwrap(yaw)[-1] - yaw[0])
    friction = 0.0
    for c, contact in enumerate(robot.contacts):
        force = trajectory.forces[trajectory.contacts[:, c], c]
        if len(force):
            tangential = np.linalg.norm(force[:, :2], axis=1)
            friction = max(friction, float((tangential / force[:, 2] / contact.friction).max()))
    info = trajectory.info
    return {
        **{key: info[key] for key in ("robot", "task", "description", "status", "iterations")},
        **{key: info[key] for key in ("solve_s", "cost", "phases")},
        "duration_s": trajectory.duration,
        "base_rise_m": float(heights.max() - heights[0]),
        "yaw_deg": float(turn),
        "torque_share": float((np.abs(torque) / robot.effort_limit).max()),
        "velocity_share": float((np.abs(trajectory.v[:, 6:]) / robot.velocity_limit).max()),
        "friction_share": friction,
        "force_weights": float(trajectory.forces[:, :, 2].max() / weight),
        "missing_weights": float(np.abs(needed[:, :6]).max() / weight),
    }
