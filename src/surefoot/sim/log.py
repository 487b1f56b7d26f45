"""Everything of one run, tick by tick: for metrics, plots and replay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from surefoot.data import Array, InputError, RobotState, VelocityCommand
from surefoot.sim.simulation import Simulation


@dataclass
class Log:
    """Arrays over the n control ticks of a run. Frames and orders are the API's.

    Attributes
    ----------
    info
        What the run was: robot, gait, seed, ... ; plain values only.
    time
        (n,) s since the robot stood; negative while it stands up.
    phase
        (n,) phase of the controller.
    q, v
        (n, nq), (n, nv) true state.
    q_estimated, v_estimated
        (n, nq), (n, nv) state that the controller used; NaN before it has one.
    deviation
        (n, 6) standard deviations that the estimator claims, of velocity in base axes (m/s), roll,
        pitch (rad), height (m); NaN where it does not say.
    contact_probability
        (n, nc) estimated; NaN likewise.
    contact_flags
        (n, nc) bool, which contacts truly carried force.
    contact_forces
        (n, nc, 6) true, world axes, N and N m.
    contact_positions, contact_velocities
        (n, nc, 3) world, of contact frames and of the material points on the ground.
    joint_torque
        (n, nj) applied, N m.
    command
        (n, 3) vx, vy, yaw rate.
    push
        (n, 3) external force on the base, world axes, N.
    planned_contacts
        (n, nc) bool; true while there is no plan.
    planned_forces
        (n, nc, 6) world axes; NaN while there is no plan.
    planned_base_position
        (n, 3) world; NaN while there is no plan.
    step_us
        (n,) thread CPU time of the controller's tick.
    nmpc_ms
        (n,) of the solve in this tick; NaN where there was none.
    """

    info: dict[str, Any]
    time: Array
    phase: npt.NDArray[np.str_]
    q: Array
    v: Array
    q_estimated: Array
    v_estimated: Array
    deviation: Array
    contact_probability: Array
    contact_flags: npt.NDArray[np.bool_]
    contact_forces: Array
    contact_positions: Array
    contact_velocities: Array
    joint_torque: Array
    command: Array
    push: Array
    planned_contacts: npt.NDArray[np.bool_]
    planned_forces: Array
    planned_base_position: Array
    step_us: Array
    nmpc_ms: Array

    def __len__(self) -> int:
        return len(self.time)

    def window(self, begin: float, end: float = np.inf) -> Log:
        """The part with begin <= time < end, s."""
        # half a microsecond: times are sums of steps
        mask = (self.time >= begin - 5e-7) & (self.time < end - 5e-7)
        arrays = {name: getattr(self, name)[mask] for name in _ARRAYS}
        return Log(info=dict(self.info), **arrays)

    def save(self, path: str | Path) -> None:
        """Write everything to a compressed ``.npz`` file."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        with Path(path).open("wb") as file:
            np.savez_compressed(file, info=np.array(json.dumps(self.info)), **arrays)

    @staticmethod
    def load(path: str | Path) -> Log:
        """Read a log that `save` wrote.

        Raises
        ------
        InputError
            If the file is missing or is no log.
        """
        try:
            with np.load(Path(path), allow_pickle=False) as file:
                arrays = {name: file[name] for name in _ARRAYS}
                return Log(info=json.loads(str(file["info"])), **arrays)
        except (OSError, ValueError, KeyError) as error:
            raise InputError("log", f"cannot read {path}: {error}") from None


_ARRAYS = tuple(item.name for item in fields(Log) if item.name != "info")


class Recorder:
    """Collects a `Log` tick by tick.

    Parameters
    ----------
    info
        For `Log.info`.
    """

    def __init__(self, info: Mapping[str, Any]) -> None:
        self._info = dict(info)
        self._rows: dict[str, list[Any]] = {name: [] for name in _ARRAYS}

    def add(self, simulation: Simulation, controller: Any) -> None:
        """Record the state after a tick; `controller` is a `WalkingController`."""
        robot = simulation.robot
        state: RobotState | None = controller.state
        command: VelocityCommand = controller.command
        sample = getattr(controller, "sample", None)
        estimator = getattr(controller, "estimator", None)
        nmpc_ms = controller.timings.nmpc_ms
        row = {
            "time": simulation.time,
            "phase": str(getattr(controller.phase, "value", controller.phase)),
            "q": simulation.q,
            "v": simulation.v,
            "q_estimated": np.full(robot.nq, np.nan) if state is None else np.array(state.q),
            "v_estimated": np.full(robot.nv, np.nan) if state is None else np.array(state.v),
            "deviation": np.full(6, np.nan)
            if state is None or estimator is None or not state.covariance.size
            else estimator.deviation,
            "contact_probability": np.full(robot.nc, np.nan)
            if state is None
            else np.array(state.contact_probability),
            "contact_flags": simulation.contact_flags,
            "contact_forces": simulation.contact_forces,
            "contact_positions": simulation.contact_positions,
            "contact_velocities": simulation.contact_velocities,
            "joint_torque": simulation.joint_torque,
            "command": (command.vx, command.vy, command.yaw_rate),
            "push": simulation.pushing_force,
            "planned_contacts": np.ones(robot.nc, bool)
            if sample is None
            else np.array(sample.contacts, dtype=bool),
            "planned_forces": np.full((robot.nc, 6), np.nan)
            if sample is None
            else np.array(sample.forces),
            "planned_base_position": np.full(3, np.nan)
            if sample is None
            else np.array(sample.base_position),
            "step_us": float(controller.timings.step_us),
            "nmpc_ms": np.nan if nmpc_ms is None else float(nmpc_ms),
        }
        for name, value in row.items():
            self._rows[name].append(value)

    def __len__(self) -> int:
        return len(self._rows["time"])

    def finish(self, zero: float) -> Log:
        """The log, with its time counted from `zero` (s of the simulation)."""
        arrays = {name: np.array(rows) for name, rows in self._rows.items()}
        arrays["time"] = arrays["time"] - zero
        return Log(info=self._info, **arrays)
