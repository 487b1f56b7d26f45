"""`surefoot bench wbc`: the rows that it writes."""

from __future__ import annotations

import json
from pathlib import Path

from surefoot.cli import bench_wbc


def test_rows_have_the_agreed_keys(tmp_path: Path) -> None:
    file = tmp_path / "wbc.json"
    bench_wbc.main(robot=("go2",), ticks=60, repeats=1, solver=("surefoot", "quadprog"), json=file)
    rows = json.loads(file.read_text())["rows"]
    assert [row["mode"] for row in rows] == ["weighted", "strict"] * 2
    assert [row["solver"] for row in rows] == ["surefoot"] * 2 + ["quadprog"] * 2
    for row in rows:
        assert set(row) == {
            *("robot", "mode", "levels", "solver", "tick_us", "split_us"),
            *("model_terms_us", "failures", "kkt_max", "allocations"),
        }
        assert set(row["tick_us"]) == {"min", "median", "p99", "max"}
        assert set(row["split_us"]) == {"model", "assembly", "factorisation", "qp"}
        assert row["failures"] == 0
        assert (row["allocations"] == 0) == (row["solver"] == "surefoot")
        assert row["kkt_max"] < 1e-8
