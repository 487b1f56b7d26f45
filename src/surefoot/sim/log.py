"""Everything of one run, tick by tick: for metrics, plots and replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from surefoot.control.log import LogReader, Truth
from surefoot.control.log.records import asked_of, state_of
from surefoot.data import Array, InputError, Plan
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
    torque_jump
        (n,) by which the command changed the torque of the joint that it changed most, in effort
        limits; NaN where read from a file.
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
        (n,) wall-clock time of the controller's tick.
    nmpc_ms
        (n,) of the solve in this tick; NaN where there was none.
    plans
        The plans by the index of the tick that solved for them; only where read from a file.
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
    torque_jump: Array
    command: Array
    push: Array
    planned_contacts: npt.NDArray[np.bool_]
    planned_forces: Array
    planned_base_position: Array
    step_us: Array
    nmpc_ms: Array
    plans: dict[int, Plan] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time)

    def window(self, begin: float, end: float = np.inf) -> Log:
        """The part with begin <= time < end, s."""
        # half a microsecond: times are sums of steps
        mask = (self.time >= begin - 5e-7) & (self.time < end - 5e-7)
        arrays = {name: getattr(self, name)[mask] for name in _ARRAYS}
        first = int(np.argmax(mask))
        plans = {k - first: plan for k, plan in self.plans.items() if mask[k]}
        return Log(info=dict(self.info), **arrays, plans=plans)

    @staticmethod
    def load(path: str | Path) -> Log:
        """Read a log that `surefoot.control.log.LogWriter` wrote.

        What only a simulation knows is NaN (or False) in the log of a real robot.

        Raises
        ------
        InputError
            If the file is missing or is no log.
        """
        return read(LogReader(path))


_ARRAYS = tuple(item.name for item in fields(Log) if item.name not in ("info", "plans"))


@dataclass(frozen=True)
class _Size:
    nj: int
    nc: int


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

    def add(self, simulation: Simulation, controller: Any, torque_jump: float = np.nan) -> None:
        """Record the state after a tick; `controller` is a `WalkingController`."""
        sample, timings = getattr(controller, "sample", None), controller.timings
        robot = simulation.robot
        self.add_row(
            _Size(robot.nj, robot.nc),
            _fields(asked_of(controller, simulation.time, 0.0, False)),
            _fields(truth_of(simulation)),
            _fields(state_of(controller)),
            _fields(sample),
            {"step_us": timings.step_us, "nmpc_ms": timings.nmpc_ms},
            torque_jump,
        )

    def add_row(
        self,
        size: _Size,
        control: Mapping[str, Any],
        truth: Mapping[str, Any],
        state: Mapping[str, Any],
        sample: Mapping[str, Any],
        timings: Mapping[str, Any],
        torque_jump: float = np.nan,
    ) -> None:
        """Record a tick by its fields; those of a mapping that is empty are not known."""
        nq, nv, nj, nc = size.nj + 7, size.nj + 6, size.nj, size.nc
        deviation = state.get("deviation", ())
        nmpc_ms = timings["nmpc_ms"]
        row = {
            "time": control["time"],
            "phase": control["phase"],
            "q": _or_nan(truth, "q", nq),
            "v": _or_nan(truth, "v", nv),
            "q_estimated": _or_nan(state, "q", nq),
            "v_estimated": _or_nan(state, "v", nv),
            "deviation": deviation if len(deviation) else np.full(6, np.nan),
            "contact_probability": _or_nan(state, "contact_probability", nc),
            "contact_flags": truth.get("contact_flags", np.zeros(nc, bool)),
            "contact_forces": _or_nan(truth, "contact_forces", nc, 6),
            "contact_positions": _or_nan(truth, "contact_positions", nc, 3),
            "contact_velocities": _or_nan(truth, "contact_velocities", nc, 3),
            "joint_torque": _or_nan(truth, "joint_torque", nj),
            "torque_jump": torque_jump,
            "command": (control["vx"], control["vy"], control["yaw_rate"]),
            "push": _or_nan(truth, "push", 3),
            "planned_contacts": np.array(sample.get("contacts", np.ones(nc, bool)), dtype=bool),
            "planned_forces": _or_nan(sample, "forces", nc, 6),
            "planned_base_position": _or_nan(sample, "base_position", 3),
            "step_us": float(timings["step_us"]),
            "nmpc_ms": np.nan if nmpc_ms is None else float(nmpc_ms),
        }
        for name, value in row.items():
            self._rows[name].append(value)

    def __len__(self) -> int:
        return len(self._rows["time"])

    def finish(self, zero: float) -> Log:
        """The log, with its time counted from `zero` (s of the simulation)."""
        arrays: dict[str, Any] = {name: np.array(rows) for name, rows in self._rows.items()}
        arrays["time"] = arrays["time"] - zero
        return Log(info={**self._info, "zero": zero}, **arrays)


def truth_of(simulation: Simulation) -> Truth:
    """What a simulation knows at this instant."""
    return Truth(
        time=simulation.time,
        q=simulation.q,
        v=simulation.v,
        contact_flags=simulation.contact_flags,
        contact_forces=simulation.contact_forces,
        contact_positions=simulation.contact_positions,
        contact_velocities=simulation.contact_velocities,
        joint_torque=simulation.joint_torque,
        push=simulation.pushing_force,
    )


def read(reader: LogReader) -> Log:
    """The arrays of a log's file.

    Raises
    ------
    InputError
        If it holds no tick.
    """
    info = {"robot": reader.robot, **reader.info}
    recorder, last = Recorder(info), -np.inf
    deviation = np.full(6, np.nan)  # logged seldom: the last one holds
    plans: dict[int, Plan] = {}
    stood: float | None = None
    for tick in reader.ticks():
        values = tick.values
        if (
            len(recorder) and values["/control"]["time"] <= last
        ):  # it was reset: the last run counts
            recorder, stood = Recorder(info), None
            plans.clear()
        last = values["/control"]["time"]
        size = _Size(len(values["/sensors"]["joint_position"]), len(reader.config["contacts"]))
        plan = tick.plan
        if plan is not None:
            plans[len(recorder)] = plan
        control = values["/control"]
        if stood is None and control["phase"] == "stand":
            stood = control["time"]
        if "/state" in values:
            told = values["/state"]["deviation"]
            deviation = told if len(told) else deviation
            values["/state"]["deviation"] = deviation
        truth, state, sample, timings = (
            values.get(topic, {}) for topic in ("/truth", "/state", "/sample", "/timings")
        )
        recorder.add_row(size, control, truth, state, sample, timings)
    if not len(recorder):
        raise InputError("log", "holds no tick")
    log = recorder.finish(float(reader.info.get("zero", 0.0 if stood is None else stood)))
    log.info.setdefault("period", float(np.median(np.diff(log.time))) if len(log) > 1 else 0.0)
    log.plans.update(plans)
    return log


def _fields(value: Any) -> dict[str, Any]:
    names = [] if value is None else value.__dataclass_fields__
    return {name: getattr(value, name) for name in names}


def _or_nan(values: Mapping[str, Any], name: str, *shape: int) -> Array:
    value = values.get(name)
    return np.full(shape, np.nan) if value is None else np.array(value)
