"""What the footholds tell of the ground."""

from __future__ import annotations

import numpy as np
import pytest

import surefoot as sf
from surefoot._cpp.estimation import TerrainMemory
from surefoot.estimation.base import estimator_options

FEET = np.array([[0.2, 0.15], [0.2, -0.15], [-0.2, 0.15], [-0.2, -0.15]])
STRIDE = 0.27  # m


def _walk(ground, steps: int = 12, noise: float = 0.0):  # type: ignore[no-untyped-def]
    """Footholds of a trot in x; the memory, and how far from the truth it put each landing."""
    rng = np.random.default_rng(0)
    memory = TerrainMemory(4, estimator_options(sf.load_robot("go2").config.estimator))
    memory.reset(0.0)
    anchored, errors = [], []
    for k in range(steps):
        for i in (0, 3, 1, 2):
            x, y = FEET[i] + [STRIDE * (k + 0.5 * (i in (1, 2))), 0.0]
            height = ground(x) + noise * rng.normal()
            anchored.append(memory.land(i, np.array([x, y, height]), height))
            errors.append(memory.height(i) - ground(x))
    return memory, np.array(anchored), np.array(errors)


def test_flat_ground_keeps_its_level_and_its_vertical_normal() -> None:
    memory, anchored, errors = _walk(lambda x: 0.0, noise=5e-4)
    assert anchored.all()
    assert np.abs(errors).max() < 2e-3  # of the first landings; later ones add nothing
    np.testing.assert_allclose(memory.normal(0), [0.0, 0.0, 1.0], atol=5e-3)


@pytest.mark.parametrize("degrees", [5.0, 10.0, 20.0])
def test_slope_has_a_normal_and_no_levels(degrees: float) -> None:
    angle = np.deg2rad(degrees)
    memory, anchored, _ = _walk(lambda x: np.tan(angle) * x, noise=5e-4)
    np.testing.assert_allclose(memory.normal(0), [-np.sin(angle), 0.0, np.cos(angle)], atol=5e-3)
    assert not anchored[8:].any()


def test_stairs_have_levels_unless_the_footholds_happen_to_lie_on_a_plane() -> None:
    """As many strides as treads look like a slope; no foothold is put on a wrong level for it."""
    _, anchored, errors = _walk(lambda x: 0.05 * max(np.floor(x / 0.3 - 1.0), 0.0), noise=5e-4)
    assert np.abs(errors).max() < 3e-3
    assert anchored.mean() > 0.4


def _normals(ground, slope, steps: int = 12):  # type: ignore[no-untyped-def]
    """Error of the normal at each landing of a trot, and its claimed deviation; rad."""
    memory = TerrainMemory(4, estimator_options(sf.load_robot("go2").config.estimator))
    memory.reset(0.0)
    errors, claimed = [], []
    for k in range(steps):
        for i in (0, 3, 1, 2):
            x, y = FEET[i] + [0.3 * (k + 0.5 * (i in (1, 2))), 0.0]
            memory.land(i, np.array([x, y, ground(x)]), ground(x))
            tilt = np.arctan2(-memory.normal(i)[0], memory.normal(i)[2])
            errors.append(np.hypot(tilt - slope(x), memory.normal(i)[1]))
            claimed.append(memory.normal_deviation(i))
    return np.array(errors), np.array(claimed)


def test_normals_from_flat_ground_onto_a_slope() -> None:
    angle = np.deg2rad(10.0)
    errors, claimed = _normals(
        lambda x: max(np.tan(angle) * (x - 1.0), 0.0), lambda x: angle * (x > 1.0)
    )
    assert errors[-12:].max() < 2e-3
    assert claimed[-12:].max() == 0.0
    doubtful = claimed > 0.0
    assert 2 <= doubtful.sum() <= 12  # front feet, then hind feet, until all are on the slope
    assert errors[doubtful].mean() < 0.6 * angle


def test_reset_forgets() -> None:
    memory, _, _ = _walk(lambda x: 0.2 * x)
    memory.reset(0.3)
    np.testing.assert_array_equal(memory.normal(0), [0.0, 0.0, 1.0])
    assert memory.height(0) == 0.3
    assert memory.land(1, np.zeros(3), 0.5)
    assert memory.height(1) == 0.3


def test_a_foothold_found_off_its_level_is_on_one_of_its_own() -> None:
    """On the edge of a slope, too: its normal is doubted there."""
    memory, _, _ = _walk(lambda x: 0.0)
    height = 9e-3
    x, y = FEET[0] + [STRIDE * 12, 0.0]
    assert memory.land(0, np.array([x, y, height]), height)
    assert memory.height(0) == 0.0
    memory.move(0, height)
    assert memory.height(0) == height
    assert memory.normal_deviation(0) == pytest.approx(0.5 * np.arctan2(height, STRIDE), rel=0.01)
