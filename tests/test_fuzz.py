"""Nonsense in: no crash, no command that must not be sent, no exception but the package's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz import ClosedLoop, Files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import surefoot as sf
from surefoot.data import SurefootError
from surefoot.sim.command_check import wrong_command

pytestmark = pytest.mark.filterwarnings("ignore")  # overflows while refusing a file are no news
ROBOTS = ("go2", "g1")
load = cache(sf.load_robot)
numbers = st.floats(width=64)


def arrays(size: int) -> st.SearchStrategy[Any]:
    """Mostly of the right shape, of any numbers; else of another shape or no array at all."""
    right = st.lists(numbers, min_size=size, max_size=size).map(np.array)
    wrong = st.lists(numbers, max_size=3).map(np.array)
    return st.one_of(*(6 * [right]), wrong, st.none(), st.text(max_size=3), numbers)


@st.composite
def samples(draw: st.DrawFn, robot: sf.RobotModel) -> list[Any]:
    """A few samples in order of time, mostly."""
    nj, nc = robot.nj, robot.nc
    sizes = (3, 3, nj, nj, nj, nc, 4)
    found: list[Any] = []
    for k in range(draw(st.integers(1, 4))):
        time = draw(st.one_of(*(8 * [st.just(0.002 * k)]), numbers, st.none()))
        found.append(sf.SensorData(time, *(draw(arrays(size)) for size in sizes)))
    return found


@pytest.mark.parametrize("name", ROBOTS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_sample_gives_a_right_command_or_one_clear_error(
    name: str, data: st.DataObject
) -> None:
    robot = load(name)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=data.draw(st.booleans())))
    controller.stand()
    for sample in data.draw(samples(robot)):
        try:
            command = controller.step(sample)
        except SurefootError:
            continue
        assert wrong_command(robot, command) == ""


def test_nonsense_in_closed_loop() -> None:
    loop = ClosedLoop(load("go2"), seed=1)
    loop.run(4000)
    assert loop.phases["walk"] > 50
    assert loop.spoiled > 50


def test_wrong_robot_files(tmp_path: Path) -> None:
    files = Files(seed=1)
    files.run(100, tmp_path)
    assert files.loaded > 5
    assert files.refused > 50


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", ROBOTS)
def test_a_hundred_thousand_samples(name: str) -> None:
    ClosedLoop(load(name), seed=2).run_spoiled(100_000)
    ClosedLoop(load(name), seed=2).run(100_000 if name == "go2" else 20_000)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_twenty_thousand_robot_files(tmp_path: Path) -> None:
    Files(seed=2).run(20_000, tmp_path)
