"""The NMPC benchmark gives every figure it promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surefoot.cli import main


def test_bench_nmpc_writes_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.json"
    with pytest.raises(SystemExit) as done:
        main(["bench", "nmpc", "--nodes", "10", "--solves", "5", "--json", str(file)])
    assert done.value.code == 0
    (row,) = json.loads(file.read_text())["rows"]
    assert row["robot"] == "go2"
    assert (row["nodes"], row["nx"], row["nu"]) == (10, 24, 24)
    assert set(row["split_ms"]) == {"derivatives", "projection", "qp", "rest"}
    assert 0.0 < row["feedback_ms"]["median"] < row["warm_ms"]["median"]
    assert row["allocations"] == 0
    assert 0.0 < row["warm_ms"]["min"] <= row["warm_ms"]["median"] <= row["warm_ms"]["p99"]
    assert "nodes" in capsys.readouterr().out


def test_bench_nmpc_draws_time_over_nodes(tmp_path: Path) -> None:
    file = tmp_path / "nodes.svg"
    with pytest.raises(SystemExit) as done:
        main(["bench", "nmpc", "--nodes", "6", "12", "--solves", "3", "--plot", str(file)])
    assert done.value.code == 0
    drawing = file.read_text()
    assert drawing.startswith("<?xml")
    assert "<svg" in drawing


def test_bench_nmpc_refuses_too_few_solves(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["bench", "nmpc", "--solves", "1"])
    assert done.value.code == 1
    assert "--solves" in capsys.readouterr().err
