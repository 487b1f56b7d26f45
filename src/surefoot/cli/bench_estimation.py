"""Accuracy and cost of the state estimators on closed-loop runs in simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from surefoot.cli._output import write_json
from surefoot.control import Controller
from surefoot.data import Array, InputError, JointCommand, RobotState, SensorData, VelocityCommand
from surefoot.estimation import InvariantEkf, LinearKalmanFilter, SensorLog, StateEstimator, replay
from surefoot.robots import RobotModel, load_robot
from surefoot.sim import Log, Payload, Simulation, metrics, run_walk, terrain
from surefoot.sim.scenario_data import Scenario
from surefoot.sim.walk_figures import COMMAND_TIME, SETTLE_TIME

_FILTERS: dict[str, type[StateEstimator]] = {
    "invariant": InvariantEkf,
    "linear": LinearKalmanFilter,
}
_WRONG_FLAGS = 0.1  # fraction of the time that the told contact is wrong
_WRONG_FLAG_TIME = 0.05  # s that a wrong flag lasts


def main(
    robot: str = "go2",
    scenario: str | None = None,
    seeds: int = 3,
    distance: float = 40.0,
    json: Path | None = None,
) -> None:
    """Walk in closed loop on the estimate, then replay the sensors through every filter.

    Parameters
    ----------
    robot
        Name or robot file.
    scenario
        Only the scenario of this name.
    seeds
        Runs of each scenario.
    distance
        Length of the trot scenarios, m.
    json
        Also write the table to this file.
    """
    model = load_robot(robot)
    chosen = [s for s in _scenarios(model, distance) if scenario in (None, s.name)]
    if not chosen:
        known = ", ".join(s.name for s in _scenarios(model, distance))
        raise InputError("--scenario", f"no scenario {scenario!r}", f"known: {known}")
    rows: list[dict[str, Any]] = []
    for item in track(chosen, "scenarios", console=Console(stderr=True)):
        rows += _bench(model, item, range(seeds))
    table = Table(*(str(key) for key in _COLUMNS))
    for row in rows:
        table.add_row(*(_text(row[key]) for key in _COLUMNS))
    Console().print(table)
    if json is not None:
        write_json(json, {"rows": rows})


_COLUMNS = (
    "filter",
    "scenario",
    "seeds",
    "velocity_rmse",
    "roll_rms_deg",
    "pitch_rms_deg",
    "xy_drift_percent",
    "z_error",
    "yaw_drift_deg_per_min",
    "nees_velocity",
    "nees_roll_pitch",
    "update_us",
)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['median']:.1f} / {value['p99']:.1f}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _scenarios(robot: RobotModel, distance: float) -> list[Scenario]:
    if "trot" not in robot.config.gaits:
        return [Scenario("estimation", "standing", VelocityCommand(), "stand", 10.0)]

    def trot(name: str, command: VelocityCommand, length: float, **more: Any) -> Scenario:
        speed = np.hypot(command.vx, command.vy)
        return Scenario(
            "estimation", name, command, "trot", COMMAND_TIME + SETTLE_TIME + length / speed, **more
        )

    slow, short = VelocityCommand(vx=0.5), 8.0
    payload = Payload(0.2 * robot.mass, (0.05, 0.0, 0.1))
    return [
        trot("trot 0.5", slow, distance),
        trot("trot 1.0", VelocityCommand(vx=1.0), distance),
        trot("turn", VelocityCommand(vx=0.5, yaw_rate=0.5), distance),
        trot("slope 10", slow, short, make_terrain=lambda _: terrain.slope(np.deg2rad(10.0), "up")),
        trot("stairs 5", slow, short, make_terrain=lambda _: terrain.stairs(0.05, "up")),
        trot(
            "slippery",
            slow,
            short,
            make_terrain=lambda seed: terrain.friction_patches(0.25, seed=seed),
        ),
        trot("wrong flags", slow, short),
        trot("payload", slow, short, payload=payload),
    ]


class _Recording:
    """A controller whose sensor samples, plan and torque are kept for replay."""

    def __init__(self, robot: RobotModel, wrong_flags: bool, seed: int) -> None:
        self.controller = Controller(robot)
        self.log = SensorLog()
        self._wrong_flags = wrong_flags
        self._rng = np.random.default_rng(seed)
        self._until = np.full(robot.nc, -np.inf)

    def _record(self, sensors: SensorData) -> None:
        """Keep what the estimator got; wrong flags are wrong for the replaying filters only."""
        robot = self.controller.robot
        planned, torque = self.controller.estimator_inputs
        if self._wrong_flags and np.isfinite(planned).all():
            rate = _WRONG_FLAGS / _WRONG_FLAG_TIME
            start = self._rng.random(robot.nc) < rate / robot.config.control.rate
            self._until[start] = sensors.time + _WRONG_FLAG_TIME
            wrong = sensors.time < self._until
            planned = np.where(wrong, 1.0 - planned, planned)
            if sensors.foot_force is not None:
                load = robot.mass * 9.81 / 2
                flipped = np.where(sensors.foot_force > load / 4, 0.0, load)
                sensors = replace(sensors, foot_force=np.where(wrong, flipped, sensors.foot_force))
        known = np.isfinite(planned).all()
        self.log.append(sensors, planned if known else None, torque)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.controller, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("command", "gait"):
            setattr(self.controller, name, value)
        else:
            object.__setattr__(self, name, value)

    def step(self, sensors: SensorData, true_state: RobotState | None = None) -> JointCommand:
        command = self.controller.step(sensors, true_state)
        if self.controller.state is not None:
            self._record(sensors)
        return command


def _bench(robot: RobotModel, item: Scenario, seeds: Sequence[int]) -> list[dict[str, Any]]:
    figures: dict[str, list[dict[str, Any]]] = {name: [] for name in _FILTERS}
    for seed in seeds:
        ground = None if item.make_terrain is None else item.make_terrain(seed)
        simulation = Simulation(robot, seed=seed, terrain=ground, payload=item.payload)
        recording = _Recording(robot, item.name == "wrong flags", seed)
        result = run_walk(
            robot,
            recording,
            simulation,
            command=item.command,
            gait=item.gait,
            duration=item.duration,
            seed=seed,
        )
        for name, filter_class in _FILTERS.items():
            figures[name].append(_figures(robot, result.log, recording.log, filter_class(robot)))
    return [_row(robot, name, item.name, runs) for name, runs in figures.items()]


def _figures(
    robot: RobotModel, truth: Log, log: SensorLog, estimator: StateEstimator
) -> dict[str, Any]:
    result = replay(log, estimator, yaw=float(metrics.roll_pitch_yaw(truth.q[:1])[0, 2]))
    n = min(len(truth), len(result.time))
    window = truth.time[:n] >= COMMAND_TIME + SETTLE_TIME
    q, v = truth.q[:n][window], truth.v[:n][window]
    qe, ve, p = result.q[:n][window], result.v[:n][window], result.covariance[:n][window]
    ticks = round(0.6 * robot.config.control.rate)
    out: dict[str, Any] = metrics.estimator_errors(q, v, qe, ve, ticks)
    yaw = np.unwrap(metrics.roll_pitch_yaw(qe)[:, 2] - metrics.roll_pitch_yaw(q)[:, 2])
    minutes = max(len(q) / robot.config.control.rate / 60.0, 1e-9)
    out["yaw_drift_deg_per_min"] = float(np.degrees(abs(yaw[-1] - yaw[0])) / minutes)
    out["update_us"] = result.update_us
    out.update(_nees(estimator, q, v, qe, ve, p))
    return out


def _nees(
    estimator: StateEstimator, q: Array, v: Array, qe: Array, ve: Array, p: Array
) -> dict[str, float | None]:
    """Squared errors over their claimed covariance, per degree of freedom."""
    from scipy.spatial.transform import Rotation

    true, estimated = Rotation.from_quat(q[:, 3:7]), Rotation.from_quat(qe[:, 3:7])
    tilt = (true * estimated.inv()).as_rotvec()
    error = true.apply(v[:, :3]) - estimated.apply(ve[:, :3])
    if isinstance(estimator, InvariantEkf):
        # The invariant error: true v = exp(e_R) v + e_v.
        error = true.apply(v[:, :3]) - (true * estimated.inv()).apply(estimated.apply(ve[:, :3]))
        tilt_nees = np.einsum("ni,nij,nj->n", tilt[:, :2], np.linalg.inv(p[:, :2, :2]), tilt[:, :2])
        roll_pitch: float | None = float(np.mean(tilt_nees) / 2)
    else:
        roll_pitch = None
    velocity = np.einsum("ni,nij,nj->n", error, np.linalg.inv(p[:, 3:6, 3:6]), error)
    return {"nees_velocity": float(np.mean(velocity) / 3), "nees_roll_pitch": roll_pitch}


def _row(
    robot: RobotModel, filter_name: str, scenario: str, runs: list[dict[str, Any]]
) -> dict[str, Any]:
    def mean(key: str) -> float | None:
        values = [run[key] for run in runs if run[key] is not None]
        return float(np.mean(values)) if values else None

    update = np.concatenate([run["update_us"] for run in runs])
    row: dict[str, Any] = {
        "robot": robot.name,
        "filter": filter_name,
        "scenario": scenario,
        "seeds": len(runs),
    }
    for key in _COLUMNS[3:-1]:
        row[key] = mean(key)
    row["update_us"] = {
        "median": float(np.median(update)),
        "p99": float(np.percentile(update, 99)),
    }
    return row
