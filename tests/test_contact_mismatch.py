"""Ground that the plan does not know: contacts come early, late, not at all, or are lost.

Each is walked with the corrections of schedule, NMPC and whole-body controller and without any.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import surefoot as sf
from surefoot.sim import terrain
from surefoot.sim.terrain import Box, Terrain

NO_CORRECTION = """
[nmpc]
early_touch = 1.0
late_limit = 0.0

[control]
early_contact_time = 1e3
late_contact_time = 1e3
"""
SIZE = 20.0  # m, of the ground


def hole(depth: float) -> Terrain:
    """A ditch across the way of the left feet only."""
    begin, end, side = 1.2, 1.45, 0.02
    return Terrain(
        "hole",
        (
            Box.on_surface([begin - SIZE / 2, 0.0, 0.0], SIZE, SIZE),
            Box.on_surface([end + SIZE / 2, 0.0, 0.0], SIZE, SIZE),
            Box.on_surface([(begin + end) / 2, side - SIZE / 2, 0.0], end - begin, SIZE),
            Box.on_surface([(begin + end) / 2, side + SIZE / 2, -depth], end - begin, SIZE),
        ),
        plane=False,
    )


def bars(height: float) -> Terrain:
    """Bars that a swinging foot hits, one to each side."""
    left = Box.on_surface([1.1, 1.0, height], 0.03, 2.0)
    right = Box.on_surface([1.7, -1.0, height], 0.03, 2.0)
    return Terrain("bars", (left, right))


GROUNDS = {
    "3 cm up": lambda: terrain.stairs(0.03, "up", steps=1),
    "3 cm down": lambda: terrain.stairs(0.03, "down", steps=1),
    "5 cm down": lambda: terrain.stairs(0.05, "down", steps=1),
    "hole": lambda: hole(0.04),
    "bars": lambda: bars(0.04),
    "ice": lambda: terrain.friction_patches(0.15, seed=1, share=0.3),
}


def walk(robot: sf.RobotModel, ground: Terrain, seed: int) -> tuple[dict[str, object], int]:
    controller = sf.Controller(robot)
    simulation = sf.sim.Simulation(robot, seed=seed, terrain=ground)
    metrics = sf.sim.run_walk(
        robot, controller, simulation, command=sf.VelocityCommand(vx=0.4), gait="trot",
        duration=6.5, seed=seed,
    ).metrics  # fmt: skip
    return metrics, sum(controller.contact_mismatches)


def unrest(metrics: dict[str, object]) -> float:
    """Roll and pitch, deg RMS; without bound for a robot that fell."""
    if not metrics["survived"]:
        return np.inf
    return float(np.hypot(metrics["roll_rms_deg"], metrics["pitch_rms_deg"]))  # type: ignore[arg-type]


def without_corrections(name: str, folder: Path) -> sf.RobotModel:
    file = folder / f"{name}_blind.toml"
    file.write_text(f'name = "{name}_blind"\nextends = "{name}.toml"\n{NO_CORRECTION}')
    return sf.load_robot(file)


@pytest.mark.parametrize("ground", ["3 cm up", "5 cm down", "hole"])
def test_it_walks_on_over_ground_that_it_did_not_expect(ground: str) -> None:
    metrics, mismatches = walk(sf.load_robot("go2"), GROUNDS[ground](), seed=1)
    assert metrics["survived"], metrics["fall"]
    assert mismatches > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ["go2", "a1", "anymal_c"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_corrections_are_no_worse_than_none(name: str, ground: str, tmp_path: Path) -> None:
    robot, blind = sf.load_robot(name), without_corrections(name, tmp_path)
    seeds = range(3)
    runs = [walk(robot, GROUNDS[ground](), seed)[0] for seed in seeds]
    assert all(run["survived"] for run in runs), [run["fall"] for run in runs]
    others = [walk(blind, GROUNDS[ground](), seed)[0] for seed in seeds]
    assert np.median([unrest(run) for run in runs]) <= 1.1 * np.median(
        [unrest(run) for run in others]
    )
