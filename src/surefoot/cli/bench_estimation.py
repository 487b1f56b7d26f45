"""Accuracy and cost of the state estimators on closed-loop runs in simulation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.spatial.transform import Rotation

from surefoot.cli._estimation_runs import (
    EstimationScenario,
    record,
    scenarios,
    with_wrong_flags,
)
from surefoot.cli._output import print_table, write_json
from surefoot.cli._view import watching
from surefoot.data import Array, InputError, VelocityCommand
from surefoot.estimation import InvariantEkf, LinearKalmanFilter, SensorLog, StateEstimator, replay
from surefoot.robots import RobotModel, load_robot
from surefoot.sim import Log, metrics
from surefoot.sim.walk_figures import COMMAND_TIME, SETTLE_TIME

_FILTERS: dict[str, type[StateEstimator]] = {
    "invariant": InvariantEkf,
    "linear": LinearKalmanFilter,
}
_STRIDE = 0.6  # s, over which sway is left out of the distance walked


def main(
    robot: str = "go2",
    scenario: str | None = None,
    seeds: int = 20,
    distance: float = 40.0,
    tracking: bool = False,
    view: bool = False,
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
        Runs of the trots for drift; other scenarios take a quarter as many.
    distance
        Length of the trots for drift, m.
    tracking
        Also walk on the true state, and compare how well the command is followed.
    view
        Serve a page that shows each run.
    json
        Also write the tables to this file.
    """
    model = load_robot(robot)
    every = scenarios(model, distance)
    chosen = [s for s in every if scenario in (None, s.name, s.spoilt)]
    if not chosen:
        known = ", ".join(s.name for s in every)
        raise InputError("--scenario", f"no scenario {scenario!r}", f"known: {known}")
    if seeds < 1:
        raise InputError("--seeds", f"{seeds} is less than 1")
    rows: list[dict[str, Any]] = []
    walks: list[dict[str, Any]] = []
    counts = [seeds if s.for_drift else max(1, seeds // 4) for s in chosen]
    port: int | None = None  # of the page, the same for every run
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("runs", total=sum(counts))
        for item, count in zip(chosen, counts, strict=True):
            runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
            pairs = []
            for seed in range(count):
                ground = None if item.make_terrain is None else item.make_terrain(seed)
                with watching(
                    model, progress.console, view=view, terrain=ground, port=port
                ) as show:
                    port = None if show.viewer is None else show.viewer.port
                    on_tick = show if view else None
                    pairs.append(_run(model, item, seed, tracking, runs, on_tick))
                progress.advance(bar)
            rows += [_row(model, *key, figures) for key, figures in runs.items()]
            if tracking:
                walks.append(_tracking_row(item.name, pairs))
    print_table(_table(_COLUMNS, rows, _CAPTION))
    if tracking:
        print_table(_table(_WALK_COLUMNS, walks, "v error: RMS of velocity - command, m/s"))
    if json is not None:
        write_json(json, {"rows": rows, "tracking": walks} if tracking else {"rows": rows})


def _table(columns: dict[str, str], rows: list[dict[str, Any]], caption: str) -> Table:
    table = Table(*columns.values(), caption=caption, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*(_text(row[key]) for key in columns))
    return table


_COLUMNS = {
    "filter": "filter",
    "scenario": "scenario",
    "seeds": "runs",
    "velocity_rmse": "v",
    "roll_rms_deg": "roll",
    "pitch_rms_deg": "pitch",
    "xy_drift_percent": "xy",
    "z_error": "z",
    "yaw_drift_deg_per_min": "yaw",
    "nees_velocity": "v NEES",
    "nees_roll_pitch": "tilt NEES",
    "update_us": "update",
}
_CAPTION = (
    "v: RMSE, m/s; roll, pitch: RMS, deg; xy: drift, % of the way; z: RMS, m; yaw: drift, deg/min; "
    "NEES: squared error over claimed variance, per degree of freedom; update: median / p99, us."
)
_WALK_COLUMNS = {
    "scenario": "scenario",
    "seeds": "runs",
    "falls_on_estimate": "falls",
    "falls_on_truth": "on truth",
    "tracking_rmse_on_estimate": "v error",
    "tracking_rmse_on_truth": "on truth",
    "ratio": "ratio",
}


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['median']:.1f} / {value['p99']:.1f}"
    return f"{value:.2g}" if isinstance(value, float) else "-" if value is None else str(value)


def _run(
    robot: RobotModel,
    item: EstimationScenario,
    seed: int,
    tracking: bool,
    runs: dict[tuple[str, str], list[dict[str, Any]]],
    on_tick: Callable[[Any], None] | None = None,
) -> tuple[float | None, float | None]:
    """Add one seed's figures to `runs`; tracking errors on the estimate and on the truth."""
    result, log = record(robot, item, seed, on_tick=on_tick)
    logs = {item.name: log}
    if item.spoilt is not None:
        logs[item.spoilt] = with_wrong_flags(robot, log, seed)
    for name, inputs in logs.items():
        for kind, filter_class in _FILTERS.items():
            figures = _figures(robot, result.log, inputs, filter_class(robot))
            if item.command == VelocityCommand():
                figures["xy_drift_percent"] = None  # of no way
            runs.setdefault((kind, name), []).append(figures)
    if not tracking:
        return None, None
    truth, _ = record(robot, item, seed, true_state=True)
    return _tracking_error(result.metrics), _tracking_error(truth.metrics)


def _tracking_error(figures: dict[str, Any]) -> float | None:
    """RMS of the horizontal velocity's error; None after a fall."""
    if not figures["survived"]:
        return None
    return float(np.hypot(figures["rmse_vx"], figures["rmse_vy"]))


def _tracking_row(
    scenario: str, pairs: Sequence[tuple[float | None, float | None]]
) -> dict[str, Any]:
    both = np.array([pair for pair in pairs if None not in pair], dtype=float).reshape(-1, 2)
    estimated, true = (float(x) for x in both.mean(axis=0)) if len(both) else (None, None)
    return {
        "scenario": scenario,
        "seeds": len(pairs),
        "falls_on_estimate": sum(pair[0] is None for pair in pairs),
        "falls_on_truth": sum(pair[1] is None for pair in pairs),
        "tracking_rmse_on_estimate": estimated,
        "tracking_rmse_on_truth": true,
        "ratio": None if estimated is None or true is None else estimated / true,
    }


def _figures(
    robot: RobotModel, truth: Log, log: SensorLog, estimator: StateEstimator
) -> dict[str, Any]:
    truth = truth.window(truth.time[len(truth) - len(log)])  # the ticks that have a sample
    start = truth.q[0]
    yaw = float(metrics.roll_pitch_yaw(start[None])[0, 2])
    result = replay(
        log, estimator, yaw=yaw, position=(float(start[0]), float(start[1])), covariance_size=6
    )
    window = truth.time >= COMMAND_TIME + SETTLE_TIME
    q, v = truth.q[window], truth.v[window]
    qe, ve, p = result.q[window], result.v[window], result.covariance[window]
    ticks = round(_STRIDE * robot.config.control.rate)
    out: dict[str, Any] = metrics.estimator_errors(q, v, qe, ve, ticks)
    error = metrics.roll_pitch_yaw(qe)[:, 2] - metrics.roll_pitch_yaw(q)[:, 2]
    minutes = len(q) / robot.config.control.rate / 60.0
    out["yaw_drift_deg_per_min"] = float(np.degrees(abs(error[-1] - error[0])) / minutes)
    out["update_us"] = result.update_us
    out.update(_nees(estimator, q, v, qe, ve, p))
    return out


def _nees(
    estimator: StateEstimator, q: Array, v: Array, qe: Array, ve: Array, p: Array
) -> dict[str, float | None]:
    """Squared errors over their claimed covariance, per degree of freedom."""
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
    for key in list(_COLUMNS)[3:-1]:
        row[key] = mean(key)
    row["update_us"] = {
        "median": float(np.median(update)),
        "p99": float(np.percentile(update, 99)),
    }
    return row
