"""An optimised trajectory on the simulated robot, tracked by the whole-body controller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pinocchio as pin

from surefoot.data import Array, JointCommand, RobotState
from surefoot.mpc.trajectory import Trajectory, TrajectoryPhysics
from surefoot.robots import RobotModel
from surefoot.sim.falls import FallDetector
from surefoot.sim.simulation import Simulation
from surefoot.wbc import WbcStatus, WholeBodyController

REST = 0.5  # s of standing before the motion
SETTLE = 1.0  # s of standing after it


@dataclass(frozen=True)
class TrackTick:
    """One control tick: time in the trajectory (s), and the simulation after it."""

    time: float
    simulation: Simulation


def track_trajectory(
    robot: RobotModel,
    trajectory: Trajectory,
    simulation: Simulation | None = None,
    on_tick: Callable[[TrackTick], None] | None = None,
) -> dict[str, Any]:
    """Let the whole-body controller track the trajectory in MuJoCo, on the true state.

    The plan's contacts are taken as they are: a foot that lands early or late is not waited for.

    Parameters
    ----------
    robot
        That the trajectory is of.
    trajectory
        The motion; begins where the robot stands.
    simulation
        With the robot standing; default: on flat ground, with the standard actuation delay.
    on_tick
        Called after each tick.

    Returns
    -------
    dict
        fall (reason or None), base_rise_m, flight_s (no contact carries force), yaw_deg,
        tilt_max_deg, end_tilt_deg, end_drift_m, torque_share (of the limits), relaxed_ticks and
        failed_ticks of the controller.
    """
    simulation = Simulation(robot) if simulation is None else simulation
    physics = TrajectoryPhysics(robot, trajectory)
    controller, config = WholeBodyController(robot), robot.config.wbc
    kp, kd = np.full(robot.nj, config.joint_kp), np.full(robot.nj, config.joint_kd)
    period = 1.0 / robot.config.control.rate
    start = simulation.q
    offset = np.append(start[:2] - trajectory.q[0, :2], 0.0)
    detector = FallDetector(simulation)
    heights, tilts, yaws, flight, torque = [], [], [], 0, 0.0
    statuses: list[WbcStatus] = []
    fall = None
    for tick in range(round((REST + trajectory.duration + SETTLE) / period)):
        time = tick * period - REST
        sample = physics.sample(time)
        sample.base_position = sample.base_position + offset
        sample.contact_position = sample.contact_position + offset
        state = RobotState(simulation.time, simulation.q, simulation.v, np.ones(robot.nc))
        result = controller.solve(state, sample, sample.contacts)
        statuses.append(result.status)
        command = JointCommand(sample.joint_position, sample.joint_velocity, kp, kd, result.torque)
        simulation.step(command, period)
        roll_pitch_yaw = pin.rpy.matrixToRpy(_rotation(simulation.q))
        heights.append(float(simulation.q[2]))
        tilts.append(float(np.arccos(np.clip(_rotation(simulation.q)[2, 2], -1.0, 1.0))))
        yaws.append(float(roll_pitch_yaw[2]))
        flight += not simulation.contact_flags.any()
        share = np.abs(simulation.joint_torque) / robot.effort_limit
        torque = max(torque, float(share.max()))
        if on_tick is not None:
            on_tick(TrackTick(time, simulation))
        fall = detector.check()
        if fall is not None:
            break
    goal = trajectory.q[-1, :2] + offset[:2]
    return {
        "fall": None if fall is None else fall.reason,
        "base_rise_m": max(heights) - heights[min(round(REST / period), len(heights)) - 1],
        "flight_s": flight * period,
        "yaw_deg": float(np.rad2deg(np.unwrap(yaws)[-1] - yaws[0])),
        "tilt_max_deg": float(np.rad2deg(max(tilts))),
        "end_tilt_deg": float(np.rad2deg(tilts[-1])),
        "end_drift_m": float(np.linalg.norm(simulation.q[:2] - goal)),
        "torque_share": torque,
        "relaxed_ticks": statuses.count(WbcStatus.RELAXED),
        "failed_ticks": statuses.count(WbcStatus.FAILED),
    }


def _rotation(q: Array) -> Array:
    return np.asarray(pin.Quaternion(q[3:7]).matrix())
