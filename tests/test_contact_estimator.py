"""Contact probability from any subset of its sources."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import surefoot as sf
from surefoot._cpp.estimation import ContactEstimator
from surefoot.estimation.base import estimator_options

SOURCES = ("plan", "measured_force", "torque_force", "speed", "height")
ON = {"plan": 1.0, "measured_force": 60.0, "torque_force": 60.0, "speed": 0.0, "height": 0.0}
OFF = {"plan": 0.0, "measured_force": 0.0, "torque_force": 0.0, "speed": 1.5, "height": 0.06}


def _estimator() -> ContactEstimator:
    config = sf.load_robot("go2").config.estimator
    return ContactEstimator(1, estimator_options(config).contact)


def _update(estimator: ContactEstimator, values: dict[str, float]) -> float:
    evidence = [np.array([values.get(name, np.nan)]) for name in SOURCES]
    estimator.update(0.002, *evidence)
    return float(estimator.probability[0])


SUBSETS = [c for n in range(1, 6) for c in itertools.combinations(SOURCES, n) if c != ("height",)]


@pytest.mark.parametrize("present", SUBSETS, ids="+".join)
def test_every_subset_of_sources_tells_contact_from_swing(present: tuple[str, ...]) -> None:
    estimator = _estimator()
    assert _update(estimator, {name: ON[name] for name in present}) > 0.7
    assert estimator.in_contact[0]
    assert _update(estimator, {name: OFF[name] for name in present}) < 0.3
    assert not estimator.in_contact[0]


def test_nothing_known_is_even_odds_and_keeps_the_decision() -> None:
    estimator = _estimator()
    assert _update(estimator, {}) == 0.5
    assert not estimator.in_contact[0]
    _update(estimator, ON)
    assert _update(estimator, {}) == 0.5
    assert estimator.in_contact[0]


@pytest.mark.parametrize(("planned", "real"), [(1.0, OFF), (0.0, ON)])
def test_measurement_overrules_the_plan(planned: float, real: dict[str, float]) -> None:
    estimator = _estimator()
    _update(estimator, {**real, "plan": planned})
    assert estimator.in_contact[0] == (real is ON)


def test_hysteresis_at_the_force_threshold() -> None:
    estimator = _estimator()
    threshold = sf.load_robot("go2").config.estimator.contact.force_threshold
    flags = []
    for force in threshold * np.array([0.0, 1.0, 2.0, 1.0, 0.0, 1.0]):
        _update(estimator, {"measured_force": force})
        flags.append(bool(estimator.in_contact[0]))
    assert flags == [False, False, True, True, False, False]
