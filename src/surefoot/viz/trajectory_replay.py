"""An optimised trajectory as frames of the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surefoot.robots import RobotModel
from surefoot.viz.frame import ViewerFrame
from surefoot.viz.recording import Recording

if TYPE_CHECKING:
    from surefoot.mpc.trajectory import Trajectory
    from surefoot.sim.track import TrackTick

PAUSE = 0.5  # s of rest before and after the motion


def trajectory_frame(trajectory: Trajectory, time: float) -> ViewerFrame:
    """What there is to see at one instant, s; at rest outside of the motion."""
    q, v, _ = trajectory.at(time)
    k = trajectory.interval(time)
    end, phase = 0.0, ""
    for item in trajectory.info["phases"]:
        end, phase = end + item["duration_s"], item["name"]
        if time < end:
            break
    return ViewerFrame(
        time=time,
        q_true=q,
        contact_forces=trajectory.forces[k],
        contact_probability=trajectory.contacts[k].astype(float),
        values={
            "phase": phase,
            "height_m": float(q[2]),
            "vz": float(v[2]),
            "torque_max_Nm": float(np.abs(trajectory.torque[k]).max()),
        },
    )


def simulated_frame(trajectory: Trajectory, tick: TrackTick) -> ViewerFrame:
    """What came of the trajectory; what was to come is the ghost."""
    planned = trajectory_frame(trajectory, tick.time)
    q = tick.simulation.q
    return ViewerFrame(
        time=tick.time,
        q_true=q,
        q_estimated=planned.q_true,
        contact_forces=tick.simulation.contact_forces,
        contact_probability=tick.simulation.contact_flags.astype(float),
        planned_forces=planned.contact_forces,
        values={"phase": planned.values["phase"], "height_m": float(q[2])},
    )


def record_trajectory(robot: RobotModel, trajectory: Trajectory, rate: float = 60.0) -> Recording:
    """Recording of the whole motion, with a rest before and after it.

    Parameters
    ----------
    robot
        That the trajectory is of.
    trajectory
        The motion.
    rate
        Frames per second.
    """
    recording = Recording(robot, rate=rate)
    for time in np.arange(-PAUSE, trajectory.duration + PAUSE, 1.0 / rate):
        recording.add(trajectory_frame(trajectory, float(time)))
    return recording
