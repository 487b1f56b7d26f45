"""A run's log as frames of the viewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from surefoot.data import Array, InputError, Plan
from surefoot.robots import RobotModel
from surefoot.viz.frame import ViewerFrame
from surefoot.viz.recording import Recording

if TYPE_CHECKING:
    from surefoot.sim.log import Log


def frame_of_log(log: Log, k: int, plan: Plan | None = None) -> ViewerFrame:
    """What there is to see at tick `k`, under this plan."""
    command = log.command[k]
    true = _known(log.q[k])  # the log of a real robot has none
    estimated = _known(log.q_estimated[k])
    q = true if true is not None else estimated
    if q is None:
        raise InputError("log", f"knows no state at tick {k}")
    return ViewerFrame(
        time=float(log.time[k]),
        q_true=q,
        q_estimated=estimated,
        contact_forces=_known(log.contact_forces[k]),
        contact_probability=_known(log.contact_probability[k]),
        plan=plan if log.phase[k] in ("walk", "stop") else None,
        planned_forces=_known(log.planned_forces[k]),
        push=_known(log.push[k]),
        values={
            "phase": str(log.phase[k]),
            "command_vx": float(command[0]),
            "vx": float((log.v if true is not None else log.v_estimated)[k, 0]),
            "height_m": float(q[2]),
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
    plan: Plan | None = None
    known = [_known(q) is not None or _known(p) is not None for q, p in _pairs(log)]
    for k, time in enumerate(log.time):
        plan = log.plans.get(k, plan)
        if known[k] and recording.wants(float(time)):
            recording.add(frame_of_log(log, k, plan))
    return recording


def _pairs(log: Log) -> Iterator[tuple[Array, Array]]:
    return zip(log.q, log.q_estimated, strict=True)


def _known(values: Array) -> Array | None:
    return values if np.isfinite(values).all() else None
