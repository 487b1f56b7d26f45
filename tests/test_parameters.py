"""Tuning by name: what is offered, what is refused, what is told."""

from __future__ import annotations

import numpy as np
import pytest

import surefoot as sf
from surefoot.data import InputError


def test_parameters_are_read_set_and_told() -> None:
    robot = sf.load_robot("go2")
    controller = sf.Controller(robot)
    parameters, config = controller.parameters, robot.config.wbc
    assert parameters["wbc.swing.kp"] == config.swing_kp
    np.testing.assert_array_equal(parameters["wbc.base.kp"], config.base_kp)
    told: list[tuple[str, object, object]] = []
    parameters.on_change.append(lambda *change: told.append(change))
    parameters["wbc.swing.kp"] = 400.0
    assert controller.wbc.stack["swing"].kp == 400.0  # type: ignore[attr-defined]
    assert told == [("wbc.swing.kp", config.swing_kp, 400.0)]
    wanted = 1.5 * np.array(config.base_kp)
    parameters["wbc.base.kp"] = wanted
    np.testing.assert_array_equal(controller.wbc.stack["base"].kp, wanted)  # type: ignore[attr-defined]
    assert dict(parameters).keys() == set(parameters)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("wbc.swing.waltz", 1.0, "unknown.*wbc.swing.kp"),
        ("wbc.base.kp", 1.0, "shape"),
        ("wbc.swing.kp", float("nan"), "NaN"),
        ("wbc.swing.kp", -1.0, "zero or positive"),
        ("wbc.swing.weight", 0.0, "must be positive"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(
    name: str, value: float, message: str
) -> None:
    controller = sf.Controller(sf.load_robot("go2"))
    before = {key: np.array(item) for key, item in controller.parameters.items()}
    with pytest.raises(InputError, match=message):
        controller.parameters[name] = value
    for key, item in controller.parameters.items():
        np.testing.assert_array_equal(item, before[key])
