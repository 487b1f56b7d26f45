"""A run's log as frames of the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surefoot.data import Array, InputError
from surefoot.robots import RobotModel
from surefoot.viz.frame import ViewerFrame
from surefoot.viz.recording import Recording

if TYPE_CHECKING:
    from surefoot.sim.log import Log


def frame_of_log(log: Log, k: int) -> ViewerFrame:
    """What there is to see at tick `k`; a log holds no plan beyond the tick itself."""
    command = log.command[k]
    return ViewerFrame(
        time=float(log.time[k]),
        q_true=log.q[k],
        q_estimated=_known(log.q_estimated[k]),
        contact_forces=log.contact_forces[k],
        contact_probability=_known(log.contact_probability[k]),
        planned_forces=_known(log.planned_forces[k]),
        push=log.push[k],
        values={
            "phase": str(log.phase[k]),
            "command_vx": float(command[0]),
            "vx": float(log.v[k, 0]),
            "height_m": float(log.q[k, 2]),
            "tick_us": float(log.step_us[k]),
        },
    )


def record_log(robot: RobotModel, log: Log, rate: float = 30.0) -> Recording:
    """Recording of a whole run, on its ground.

    Parameters
    ----------
    robot, log
        What ran, and its log.
    rate
        Frames per simulated second.

    Raises
    ------
    InputError
        If the log is of another robot.
    """
    from surefoot.sim.terrain import Terrain

    if log.q.shape[1] != robot.nq or log.contact_flags.shape[1] != robot.nc:
        raise InputError("log", f"does not fit the robot '{robot.name}'")
    ground = log.info.get("ground")
    terrain = None if ground is None else Terrain.from_dict(ground)
    recording = Recording(robot, terrain, rate)
    for k, time in enumerate(log.time):
        if recording.wants(float(time)):
            recording.add(frame_of_log(log, k))
    return recording


def _known(values: Array) -> Array | None:
    return values if np.isfinite(values).all() else None
