"""The command line, called as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hopper import write_hopper

import surefoot as sf
import surefoot.cli

SUREFOOT = Path(sys.executable).with_name("surefoot")


def _surefoot(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SUREFOOT, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_overview_names_every_command() -> None:
    done = _surefoot("--help")
    assert done.returncode == 0
    folder = Path(surefoot.cli.__file__).parent
    for path in folder.glob("[!_]*.py"):
        assert f"  {path.stem.replace('_', ' ')} " in done.stdout


@pytest.mark.parametrize("arguments", [(), ("wlak",), ("--verbose",)])
def test_no_such_command(arguments: tuple[str, ...]) -> None:
    done = _surefoot(*arguments)
    assert done.returncode == 2
    assert "commands:" in done.stderr
    assert all(word in done.stderr for word in arguments)


def test_robots(tmp_path: Path) -> None:
    done = _surefoot("robots", "--json", tmp_path / "robots.json")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "robots.json").read_text())["rows"]
    assert [row["robot"] for row in rows] == sf.robot_names()
    for row in rows:
        assert row["robot"] in done.stdout
        robot = sf.load_robot(row["robot"])
        assert row["mass_kg"] == robot.mass
        assert row["contacts"] == list(robot.contact_names)


def test_check_a_right_file(tmp_path: Path) -> None:
    done = _surefoot("check", write_hopper(tmp_path), "--json", tmp_path / "check.json")
    assert done.returncode == 0, done.stderr
    assert "right" in done.stdout
    assert json.loads((tmp_path / "check.json").read_text())["problems"] == []


def test_check_a_wrong_file(tmp_path: Path) -> None:
    path = write_hopper(tmp_path, ('frame = "toe"', 'frame = "tow"'), ("height = 0.47", "h = 1"))
    done = _surefoot("check", path, "--json", tmp_path / "check.json")
    assert done.returncode == 1
    outcome = json.loads((tmp_path / "check.json").read_text())
    assert not outcome["valid"]
    assert "posture.height is missing: add it" in outcome["problems"]
    for problem in outcome["problems"]:
        assert problem in done.stdout
    assert "Traceback" not in done.stderr


def test_an_expected_error_is_one_line(tmp_path: Path) -> None:
    done = _surefoot("robots", "--json", tmp_path / "no" / "such" / "folder.json")
    assert done.returncode == 1
    assert done.stderr.startswith("error: --json: cannot write")
    assert done.stderr.count("\n") == 1
