"""``surefoot walk``: options, figures, files, errors. The controller only stands here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_scenario import PoseController

import surefoot.control
from surefoot.cli import main

KEYS = [
    "robot",
    "gait",
    "seed",
    "command",
    "survived",
    "duration_s",
    "rmse_stride_vx",
    "bias_vx",
    "bias_yaw_rate",
    "height_std",
    "roll_rms_deg",
    "pitch_rms_deg",
    "slip",
    "cost_of_transport",
    "torque_saturation",
    "estimator",
    "step_us",
    "nmpc_ms",
    "real_time_factor",
]


@pytest.fixture(autouse=True)
def _standing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surefoot.control, "Controller", lambda robot, _: PoseController(robot))


def walk(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["walk", "go2", "--duration", "4", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_figures_recording_and_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, page, log = tmp_path / "run.json", tmp_path / "run.html", tmp_path / "run.mcap"
    code = walk(
        *("--vx", "0.2", "--yaw-rate", "0.1", "--seed", "3", "--true-state", "--no-view"),
        *("--json", str(figures), "--record", str(page), "--log", str(log)),
    )
    assert code == 0
    written = json.loads(figures.read_text())
    assert set(KEYS) <= set(written)
    assert written["command"] == {"vx": 0.2, "vy": 0.0, "yaw_rate": 0.1}
    assert written["seed"] == 3
    assert {"median", "p99", "max"} <= set(written["step_us"])
    assert "data-frames" in page.read_text(encoding="utf-8")
    assert log.stat().st_size > 1000
    printed = capsys.readouterr().out
    assert "meshcat" not in printed
    assert "vx, error over strides" in printed


def test_address_of_the_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert walk("--view") == 0
    assert "meshcat: http://127.0.0.1:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--gait", "moonwalk"], "moonwalk"),
        (["--vx", "nan"], "vx"),
        (["--speed", "-1"], "speed"),
        (["--duration", "-2"], "duration"),
    ],
)
def test_wrong_input_is_one_clear_error(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert walk("--no-view", *arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert word in error
    assert "Traceback" not in error
