"""The rows that `surefoot bench estimation` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surefoot.cli import _estimation_runs, bench_estimation
from surefoot.cli._estimation_runs import EstimationScenario
from surefoot.cli._posture_controller import BaseMotion
from surefoot.data import VelocityCommand
from surefoot.robots import STAND_GAIT, load_robot
from surefoot.sim.walk_figures import COMMAND_TIME, SETTLE_TIME

KEYS = [
    "robot",
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
]


def test_rows_have_their_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duration = COMMAND_TIME + SETTLE_TIME + 1.0
    item = EstimationScenario(
        "trot 0.5", VelocityCommand(vx=0.5), "trot", duration, spoilt="wrong flags"
    )
    monkeypatch.setattr(bench_estimation, "scenarios", lambda robot, distance: [item])
    monkeypatch.setattr(_estimation_runs, "TIMESTEP", 1e-3)
    file = tmp_path / "rows.json"
    bench_estimation.main("go2", seeds=1, json=file)
    written = json.loads(file.read_text())
    assert set(written) == {"rows"}
    assert [(row["filter"], row["scenario"]) for row in written["rows"]] == [
        (kind, name) for name in ("trot 0.5", "wrong flags") for kind in ("invariant", "linear")
    ]
    for row in written["rows"]:
        assert list(row) == KEYS
        assert row["robot"] == "go2"
        assert row["seeds"] == 1
        assert set(row["update_us"]) == {"median", "p99"}
        assert row["velocity_rmse"] < 0.02
        assert (row["nees_roll_pitch"] is None) == (row["filter"] == "linear")


def test_soles_that_rock_do_not_make_the_filter_overconfident() -> None:
    """Weight shifted from side to side rocks G1's soles, whose middles rise and fall."""
    robot = load_robot("g1")
    duration = COMMAND_TIME + SETTLE_TIME + 2.0
    motion = BaseMotion((0.0, 0.05, 0.0))
    item = EstimationScenario("shift", VelocityCommand(), STAND_GAIT, duration, motion=motion)
    runs: dict[tuple[str, str], list[dict[str, float]]] = {}
    bench_estimation._run(robot, item, 0, False, runs)
    figures = runs["invariant", "shift"][0]
    assert figures["velocity_rmse"] < 0.003
    assert figures["nees_velocity"] < 2.0
