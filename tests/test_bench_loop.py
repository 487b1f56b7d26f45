"""`surefoot bench loop`: the keys of its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surefoot.cli.bench_loop import main


def test_bench_loop_writes_the_agreed_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "loop.json"
    main(duration=1.0, view=True, json=path)
    assert "meshcat: http://127.0.0.1:" in capsys.readouterr().out
    (row,) = json.loads(path.read_text())["rows"]
    assert row["robot"] == "go2"
    assert row["rate_hz"] == 1000.0
    assert row["duration_s"] == 1.0
    assert list(row["step_us"]) == ["median", "p99", "p999", "max"]
    assert 0.0 < row["step_cpu_us"]["median"] <= row["step_cpu_us"]["max"]
    assert row["stolen_ms"] is None or row["stolen_ms"] >= 0.0
    assert list(row["plan_age_ms"]) == ["median", "max"]
    assert row["nmpc_hz"] > 0.0
    assert row["misses"] >= 0
    assert row["allocations_per_tick"] == 0
