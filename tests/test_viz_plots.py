"""Figures of a run: they hold the log's numbers, and they are written as PNG and SVG."""

from __future__ import annotations

import base64
import gzip
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_scenario import PoseController

import surefoot as sf
from surefoot.cli import main
from surefoot.control.log import LogWriter
from surefoot.data import InputError
from surefoot.sim import Event, Log, Simulation, run_walk, terrain
from surefoot.viz import plots
from surefoot.viz.log_replay import record_log
from surefoot.viz.shapes import boxes_mesh


@pytest.fixture(scope="module")
def robot() -> sf.RobotModel:
    return sf.load_robot("go2")


STAIRS = terrain.stairs(0.1, "up")


@pytest.fixture(scope="module")
def path(robot: sf.RobotModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Log of a robot that stands and is pushed."""
    path = tmp_path_factory.mktemp("log") / "run.mcap"
    push = Event(1.2, lambda controller, simulation: simulation.push([0.0, 60.0, 0.0], 0.1))
    command = sf.VelocityCommand(vx=0.3)
    simulation = Simulation(robot, seed=1)
    with LogWriter(path, robot, lossless=True) as writer:
        run_walk(
            robot,
            PoseController(robot),
            simulation,
            command=command,
            gait="trot",
            duration=2.0,
            events=[push],
            log=writer,
        )
        writer.info["ground"] = STAIRS.to_dict()
    return path


@pytest.fixture(scope="module")
def log(path: Path) -> Log:
    return Log.load(path)


def test_velocity_figure_holds_command_and_truth(robot: sf.RobotModel, log: Log) -> None:
    axis = plots.velocity(robot, log).axes[0]
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in axis.get_lines()}
    np.testing.assert_array_equal(lines["command"], log.command[:, 0])
    assert lines["true, over strides"].shape == log.time.shape
    assert "m/s" in axis.get_ylabel()


def test_torque_figure_shows_every_joint_within_its_limits(robot: sf.RobotModel, log: Log) -> None:
    axes = plots.torques(robot, log).axes
    assert [axis.get_title() for axis in axes] == list(robot.joint_names)
    for k, axis in enumerate(axes):
        curve, low, high = axis.get_lines()
        np.testing.assert_array_equal(curve.get_ydata(), log.joint_torque[:, k])
        limits = [low.get_ydata()[0], high.get_ydata()[0]]
        np.testing.assert_allclose(limits, [-robot.effort_limit[k], robot.effort_limit[k]])


def test_force_figure_shows_the_cone(robot: sf.RobotModel, log: Log) -> None:
    axes = plots.forces(robot, log).axes
    assert len(axes) == robot.nc
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in axes[0].get_lines()}
    np.testing.assert_allclose(lines["normal"], log.contact_forces[:, 0, 2])
    assert len(axes[0].collections) == 1  # the cone


def test_estimator_figure_holds_error_and_three_sigma_band(robot: sf.RobotModel, log: Log) -> None:
    sigma = np.linspace(0.01, 0.02, 6 * len(log)).reshape(-1, 6)
    axes = plots.estimator(robot, replace(log, deviation=sigma)).axes
    units = [1e3, 1e3, 1e3, np.rad2deg(1.0), np.rad2deg(1.0), 1e3]
    for k, (axis, unit) in enumerate(zip(axes, units, strict=True)):
        (band,) = axis.collections
        edge = band.get_paths()[0].vertices[:, 1].max()
        assert edge == pytest.approx(3.0 * unit * sigma[-1, k])
    error = 1e3 * (log.q_estimated[:, 2] - log.q[:, 2])
    np.testing.assert_allclose(axes[5].get_lines()[0].get_ydata(), error)
    assert not any(axis.collections for axis in plots.estimator(robot, log).axes)  # none logged


def test_spans_are_the_true_stretches() -> None:
    time = np.arange(6) * 0.1
    spans = plots._spans(time, np.array([True, True, False, False, True, True]))
    np.testing.assert_allclose(spans, [(0.0, 0.2), (0.4, 0.2)])
    assert plots._spans(time, np.zeros(6, dtype=bool)) == []


def test_a_log_that_does_not_fit_is_one_clear_error(robot: sf.RobotModel, log: Log) -> None:
    with pytest.raises(InputError, match="g1"):
        list(plots.make_figures(sf.load_robot("g1"), log))
    with pytest.raises(InputError, match="two"):
        list(plots.make_figures(robot, log.window(0.0, 0.0)))


def test_command_writes_every_figure_and_a_report(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plot", str(path)])
    assert ended.value.code == 0
    folder = path.with_suffix("")
    for name in plots.FIGURES:
        picture = np.asarray(Image.open(folder / f"{name}.png").convert("RGB"), dtype=float)
        assert picture.std() > 5.0, name
        assert ET.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")
    report = (folder / "report.html").read_text()
    assert report.count("<svg") == len(plots.FIGURES)
    assert str(folder / "report.html") in capsys.readouterr().out


def test_log_becomes_a_recording_on_its_ground(path: Path, log: Log, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plot", str(path), "--record", str(tmp_path / "run.html")])
    assert ended.value.code == 0
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    recording = json.loads(embedded(page, "recording"))
    times = np.frombuffer(embedded(page, "frames"), np.float32).reshape(
        -1, recording["layout"]["length"]
    )[:, 0]
    assert times[0] == pytest.approx(log.time[0])
    np.testing.assert_allclose(np.diff(times), 1 / 30, atol=0.003)  # s; a tick takes 0.002
    vertices, _ = boxes_mesh(STAIRS.boxes)
    assert np.asarray(vertices, np.float32).tobytes() in embedded(page, "robot")
    with pytest.raises(InputError, match="g1"):
        record_log(sf.load_robot("g1"), log)


def embedded(page: str, name: str) -> bytes:
    (text,) = re.findall(f'id="data-{name}">(.*?)</script>', page)
    return gzip.decompress(base64.b64decode(text))


def test_terrain_survives_the_log() -> None:
    stairs = terrain.tiles(0.05, seed=3)
    again = terrain.Terrain.from_dict(json.loads(json.dumps(stairs.to_dict())))
    x, y = np.meshgrid(np.linspace(-1.0, 4.0, 40), np.linspace(-1.0, 1.0, 20))
    np.testing.assert_array_equal(again.height(x, y), stairs.height(x, y))


def test_missing_log_is_one_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plot", str(tmp_path / "no.mcap")])
    assert ended.value.code == 1
    assert "no.mcap" in capsys.readouterr().err
