"""The examples run: what they print, and what they do to the robot."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from surefoot.sim import Log

EXAMPLES = Path(__file__).parents[1] / "examples"


def loop(*arguments: str, keys: str = "") -> tuple[str, str, float]:
    """Phase, output and distance of ``real_time_loop.py``."""
    run = subprocess.run(
        [sys.executable, str(EXAMPLES / "real_time_loop.py"), *arguments],
        input=keys,
        capture_output=True,
        text=True,
        timeout=200.0,
    )
    assert run.returncode == 0, run.stderr
    found = re.search(r"(\d+) ticks, (\w+), (-?[\d.]+) m forward", run.stdout)
    assert found is not None, run.stdout
    return found[2], run.stdout, float(found[3])


def test_real_time_loop_walks_and_writes_a_log(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    phase, _, walked = loop(
        *("--source", "none", "--vx", "0.3", "--duration", "6", "--log", str(path))
    )
    assert phase == "walk"
    assert walked > 0.2
    log = Log.load(path)
    assert len(log) > 2000  # of 3000: a busy computer may drop ticks, and says so
    assert log.phase[-1] == "walk"
    assert np.isnan(log.q).all()  # a robot does not know the truth


def test_keys_command_the_robot() -> None:
    phase, _, walked = loop("--duration", "5", keys="www")
    assert phase == "walk"
    assert walked > 0.05
    phase, output, _ = loop("--duration", "60", keys="w \x1b")
    assert output.startswith("0 ticks")
    assert phase == "passive"


def test_environment_passes_gymnasiums_checker_and_can_be_solved() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    from gymnasium.utils.env_checker import check_env

    sys.path.insert(0, str(EXAMPLES))
    try:
        from gymnasium_env import VelocityEnv
    finally:
        sys.path.remove(str(EXAMPLES))
    env = VelocityEnv()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*not on the gymnasium registry.*")
        warnings.filterwarnings("ignore", message=".*`spec` is None.*")
        check_env(env, skip_render_check=True)
    assert isinstance(env, gymnasium.Env)
    observation, _ = env.reset(seed=3)
    start = float(np.hypot(*observation[:2]))
    towards = observation[:2] / start
    total = 0.0
    for _ in range(20):
        observation, reward, fallen, _, info = env.step(np.append(towards, 0.0).astype(np.float32))
        assert not fallen
        total += reward
    assert total == pytest.approx(start - info["distance"], abs=0.05)
    assert total > 0.5
