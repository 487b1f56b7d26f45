"""How rough the ground is, learnt from footholds; tilt as well known as claimed."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walking import Noise, walk

import surefoot as sf
from surefoot._cpp.estimation import GroundRoughness

ASSUMED = 2e-3  # m


def _after(roughness: float, doubt: float, footholds: int = 100) -> np.ndarray:
    """Deviations learnt, after each of the footholds; the filter's own doubt is as it claims."""
    rng, ground = np.random.default_rng(0), GroundRoughness(ASSUMED)
    learnt = []
    for _ in range(footholds):
        residual = np.hypot(roughness, doubt) * rng.normal()
        ground.learn(residual, doubt**2)
        learnt.append(np.sqrt(ground.variance))
    return np.array(learnt)


@pytest.mark.parametrize("roughness", [5e-4, 2e-3, 8e-3])
def test_learns_the_roughness_of_the_ground(roughness: float) -> None:
    learnt = _after(roughness, doubt=1e-4)
    assert np.median(learnt[20:]) == pytest.approx(roughness, rel=0.3)


def test_learns_that_a_floor_is_even_within_a_few_footholds() -> None:
    learnt = _after(0.0, doubt=1e-4)
    assert (learnt[30:] < 2e-4).all()


def test_a_filter_in_doubt_learns_nothing() -> None:
    assert _after(0.0, doubt=0.05, footholds=10) == pytest.approx(ASSUMED, rel=0.05)


def test_a_step_is_no_roughness_until_it_comes_again() -> None:
    ground = GroundRoughness(ASSUMED)
    for _ in range(50):
        ground.learn(0.0, 1e-8)
    assert not ground.explains(4e-3, 1e-8)
    refused = 0
    while not ground.explains(4e-3, 1e-8):
        ground.learn(4e-3, 1e-8)
        refused += 1
    assert 1 <= refused <= 4


def test_another_assumption_begins_anew() -> None:
    ground = GroundRoughness(ASSUMED)
    ground.learn(0.0, 1e-8)
    learnt = ground.variance
    ground.assume(ASSUMED)
    assert ground.variance == learnt
    ground.assume(5e-3)
    assert ground.variance == pytest.approx(25e-6)


@given(st.lists(st.tuples(st.floats(-0.01, 0.01), st.floats(0.0, 1.0)), min_size=1, max_size=50))
def test_the_variance_is_positive_and_never_above_what_was_seen(
    footholds: list[tuple[float, float]],
) -> None:
    ground = GroundRoughness(ASSUMED)
    for residual, doubt in footholds:
        ground.learn(residual, doubt**2)
        assert 0.0 < ground.variance <= max(ASSUMED, 0.01) ** 2


def test_on_a_floor_tilt_is_well_known_and_as_well_as_claimed() -> None:
    """Were 2 mm of roughness allowed for throughout, it would err five times as much."""
    robot = sf.load_robot("go2")
    truth = walk(robot, duration=12.0)
    errors, ratios = [], []
    for seed in range(3):
        noise, estimator = Noise(0.002, seed), sf.estimation.InvariantEkf(robot)
        for k in range(len(truth.times)):
            state = estimator.update(truth.sensors(k, noise), truth.contacts[k].astype(float))
            if truth.times[k] > 5.0 and k % 25 == 0:
                estimated = pin.Quaternion(state.q[3:7]).matrix()
                tilt = pin.log3(pin.Quaternion(truth.q[k, 3:7]).matrix() @ estimated.T)[:2]
                errors.append(tilt)
                ratios.append(tilt @ np.linalg.inv(state.covariance[:2, :2]) @ tilt / 2)
    assert np.degrees(np.sqrt(np.mean(np.square(errors)))) < 0.02
    assert 0.5 < np.mean(ratios) < 1.6
