"""Terrain heights against MuJoCo's ray casting, and robots put on it."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

import surefoot as sf
from surefoot.data import InputError
from surefoot.sim import SensorModel, Simulation, Terrain, terrain

GO2 = sf.load_robot("go2")
TERRAINS = [
    terrain.flat(),
    terrain.slope(0.3, "up"),
    terrain.slope(0.3, "down"),
    terrain.slope(0.2, "across"),
    terrain.stairs(0.1, "up"),
    terrain.stairs(0.08, "down"),
    terrain.tiles(0.1, seed=3),
    terrain.friction_patches(0.25, seed=3),
]


@pytest.mark.parametrize("ground", TERRAINS, ids=lambda ground: ground.name)
def test_height_is_where_a_ray_hits(ground: Terrain) -> None:
    simulation = Simulation(GO2, terrain=ground)
    model, data = simulation.mujoco_model, simulation.mujoco_data
    rng = np.random.default_rng(0)
    points = rng.uniform([-1.0, -1.2], [5.0, 1.2], size=(60, 2))
    heights = ground.height(points[:, 0], points[:, 1])
    base = model.body("base").id
    for (x, y), height in zip(points, heights, strict=True):
        hit, geom = np.zeros(1), np.zeros(1, dtype=np.int32)
        origin, top = np.array([x, y, 5.0]), 5.0
        while True:  # through the robot
            hit = mujoco.mj_ray(
                model, data, origin, np.array([0.0, 0.0, -1.0]), None, 1, -1, geom, None
            )
            assert hit >= 0.0
            top = origin[2] - hit
            if model.geom_bodyid[geom[0]] < base:
                break
            origin[2] = top - 1e-6
        assert top == pytest.approx(height, abs=1e-5)


@pytest.mark.parametrize("ground", TERRAINS, ids=lambda ground: ground.name)
def test_robot_lies_still_on_it(ground: Terrain) -> None:
    simulation = Simulation(GO2, terrain=ground, sensors=SensorModel.perfect())
    sample = simulation.reset(lying=True)
    assert simulation.mujoco_data.contact.dist.min() > -1e-3
    assert simulation.mujoco_data.ncon > 0
    if ground.name != "slope across":  # there its limp legs let it tip over slowly
        assert np.linalg.norm(sample.accelerometer) == pytest.approx(9.81, abs=0.2)


def test_patches_are_slippery() -> None:
    ground = terrain.friction_patches(0.25, seed=1, share=1.0, start=-1.0, length=3.0)
    tilt = 0.35  # tan = 0.365: holds on 0.8, slides on 0.25
    gravity = 9.81 * np.array([np.sin(tilt), 0.0, -np.cos(tilt)])
    travelled = []
    for options in ({"terrain": ground}, {"terrain": None}):
        simulation = Simulation(GO2, **options)  # type: ignore[arg-type]
        simulation.reset(lying=True)
        simulation.mujoco_model.opt.gravity[:] = gravity
        command = sf.JointCommand(
            simulation.q[7:], np.zeros(12), np.full(12, 60.0), np.full(12, 2.0), np.zeros(12)
        )
        before = simulation.contact_positions[:, 0].mean()
        simulation.step(command, 0.5)
        travelled.append(simulation.contact_positions[:, 0].mean() - before)
    slide = 0.5 * 9.81 * (np.sin(tilt) - 0.25 * np.cos(tilt)) * 0.5**2
    assert travelled[0] == pytest.approx(slide, rel=0.15)
    assert abs(travelled[1]) < 0.02


def test_normal_of_slopes() -> None:
    np.testing.assert_allclose(terrain.flat().normal(0.0, 0.0), [0, 0, 1], atol=1e-12)
    tilted = terrain.slope(0.2, "across").normal(1.0, 0.0)
    np.testing.assert_allclose(tilted, [0.0, -np.sin(0.2), np.cos(0.2)], atol=1e-9)


def test_same_seed_same_tiles() -> None:
    first, again = terrain.tiles(0.1, seed=5), terrain.tiles(0.1, seed=5)
    other = terrain.tiles(0.1, seed=6)
    x, y = np.linspace(0.8, 4.0, 200), np.linspace(-1.0, 1.0, 200)
    np.testing.assert_array_equal(first.height(x, y), again.height(x, y))
    assert not np.array_equal(first.height(x, y), other.height(x, y))
    inside = first.height(np.linspace(1, 4, 100), np.zeros(100))
    assert inside.min() >= 0.0
    assert 0.05 < inside.max() <= 0.1


@pytest.mark.parametrize(
    "make",
    [
        lambda: terrain.slope(2.0, "up"),
        lambda: terrain.slope(0.2, "sideways"),
        lambda: terrain.stairs(-0.1, "up"),
        lambda: terrain.stairs(0.1, "left"),
        lambda: terrain.tiles(0.0, seed=1),
        lambda: terrain.friction_patches(0.0, seed=1),
    ],
)
def test_wrong_terrain_is_refused(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]
