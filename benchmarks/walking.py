"""How well the robots walk: several seeds of `surefoot walk`, summed up in one table.

    python benchmarks/walking.py [--seeds 5] [--duration 20] [--json FILE]

Every run stands up (a quadruped from lying), waits 1 s, then follows the command on estimated
state, with sensor noise and 2 ms of actuation delay (see docs and `surefoot walk --help`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import surefoot as sf

RUNS = (
    ("go2", sf.VelocityCommand(vx=0.3)),
    ("go2", sf.VelocityCommand(vx=0.5)),
    ("go2", sf.VelocityCommand(yaw_rate=0.5)),
    ("a1", sf.VelocityCommand(vx=0.3)),
    ("anymal_c", sf.VelocityCommand(vx=0.3)),
    ("g1", sf.VelocityCommand(vx=0.3)),
    ("talos", sf.VelocityCommand(vx=0.3)),
)
# The worst seed of each figure is what counts; a bias counts by its size.
WORST = ("rmse_stride_vx", "bias_yaw_rate", "roll_rms_deg", "pitch_rms_deg", "torque_saturation")


def walk(name: str, command: sf.VelocityCommand, seed: int, duration: float) -> dict[str, Any]:
    """Figures of one run; keys of ``surefoot walk --json``."""
    robot = sf.load_robot(name)
    return sf.sim.run_walk(
        robot,
        sf.Controller(robot, sf.ControllerOptions(hold_at_start=not robot.can_lie)),
        sf.sim.Simulation(robot, seed=seed),
        command=command,
        gait=robot.walking_gaits[0],
        duration=duration,
        seed=seed,
        lying=robot.can_lie,
    ).metrics


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Over the seeds of one command."""
    row: dict[str, Any] = {key: runs[0][key] for key in ("robot", "gait", "command")}
    row["seeds"] = len(runs)
    row["survived"] = sum(run["survived"] for run in runs)
    for key in WORST:
        row[f"worst_{key}"] = max(abs(run[key]) for run in runs)
    row["estimator_velocity_rmse"] = max(run["estimator"]["velocity_rmse"] for run in runs)
    row["swing_height"] = float(np.median([run["swing_height"] for run in runs]))
    row["nmpc_ms_median"] = float(np.median([run["nmpc_ms"]["median"] for run in runs]))
    row["step_us_median"] = float(np.median([run["step_us"]["median"] for run in runs]))
    row["real_time_factor"] = min(run["real_time_factor"] for run in runs)
    return row


def table(rows: list[dict[str, Any]]) -> Table:
    """The rows for people."""
    view = Table(title="estimated state; the worst seed of each figure")
    labels = (
        "robot", "command", "survived", "vx over strides m/s", "yaw rate bias rad/s", "roll deg",
        "pitch deg", "at torque limit", "estimated velocity m/s", "NMPC ms", "real-time factor",
    )  # fmt: skip
    for label in labels:
        view.add_column(label)
    for row in rows:
        command = ", ".join(f"{k} {v:g}" for k, v in row["command"].items() if v)
        view.add_row(
            row["robot"],
            command,
            f"{row['survived']}/{row['seeds']}",
            f"{row['worst_rmse_stride_vx']:.4f}",
            f"{row['worst_bias_yaw_rate']:.4f}",
            f"{row['worst_roll_rms_deg']:.2f}",
            f"{row['worst_pitch_rms_deg']:.2f}",
            f"{row['worst_torque_saturation']:.2%}",
            f"{row['estimator_velocity_rmse']:.4f}",
            f"{row['nmpc_ms_median']:.2f}",
            f"{row['real_time_factor']:.1f}",
        )
    return view


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--duration", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    console = Console()
    console.width = max(console.width, 150)  # a table of figures is not to be cut short
    rows = []
    for name, command in track(RUNS, console=console, description="walking"):
        rows.append(
            summary([walk(name, command, seed, options.duration) for seed in range(options.seeds)])
        )
    console.print(table(rows))
    if options.json is not None:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
