"""The command `surefoot bench scenarios`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surefoot.cli import main


def test_it_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "figures.json"
    with pytest.raises(SystemExit) as exit_:
        main(["bench", "scenarios", "go2", "--group", "stand", "--seeds", "1", "--json", str(path)])
    assert exit_.value.code == 0
    figures = json.loads(path.read_text())
    (row,), (single,) = figures["rows"], figures["runs"]
    assert (row["group"], row["runs"], row["successes"]) == ("stand", 1, 1)
    assert row["height_std"] == single["height_std"] < 0.002
    assert 0.9 < row["height_gain"] < 1.05
    assert 0.0 < row["height_lag"] < 0.35
    assert row["height_error"] < 0.003
    assert figures["pushes"] == []
    assert "stand and sine" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["--group", "moonwalk"], ["--seeds", "0"], ["--gait", "waltz"], ["--view", "--jobs", "2"]],
)
def test_wrong_input_is_one_clear_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["bench", "scenarios", "go2", *arguments])
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert arguments[1] in error or arguments[0] in error
    assert "Traceback" not in error
