"""Weights and gains that the page may change, on the real controller; and their range."""

from __future__ import annotations

import json

import numpy as np
import pytest

import surefoot as sf
from surefoot.data import InputError, RobotState
from surefoot.viz.messages import parse_request
from surefoot.viz.run_controls import RunControls
from surefoot.wbc.standing import standing_sample


def request(name: str, value: float) -> str:
    return json.dumps({"type": "parameter", "name": name, "value": value})


def test_gains_of_the_real_controller_follow_the_page() -> None:
    robot = sf.load_robot("go2")
    controller = sf.Controller(robot)
    controls = RunControls(sf.sim.Simulation(robot), controller)
    offer = controls.offer(1.0)
    stack, config = controller.wbc.stack, robot.config
    assert offer.parameters["wbc.swing_kp"].value == config.wbc.swing_kp
    assert offer.parameters["wbc.base_kp z"].value == config.wbc.base_kp[2]
    before = np.array(stack["base"].kp)
    weights = np.array(config.nmpc.base_position)
    for name, value in (
        ("wbc.base_kp z", 1.5 * before[2]),
        ("wbc.swing_weight", 0.5 * config.wbc.swing_weight),
        ("nmpc.base_position z", 2.0 * weights[2]),
        ("nmpc.terminal", 0.5 * config.nmpc.terminal),
    ):
        controls.apply(parse_request(request(name, value), offer))
    np.testing.assert_allclose(stack["base"].kp, before * [1, 1, 1.5, 1, 1, 1])
    assert stack["swing"].weight == 0.5 * config.wbc.swing_weight
    np.testing.assert_array_equal(controller.parameters["nmpc.base_position"], weights * [1, 1, 2])
    assert controller.parameters["nmpc.terminal"] == 0.5 * config.nmpc.terminal
    controller.reset()  # as the page's button: sliders act on the new controller's parameters
    controls.apply(parse_request(request("wbc.swing_kp", 500.0), offer))
    assert controller.wbc.stack["swing"].kp == 500.0


@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.1, 6.0])
def test_a_gain_out_of_range_is_refused(factor: float) -> None:
    robot = sf.load_robot("go2")
    offer = RunControls(sf.sim.Simulation(robot), sf.Controller(robot)).offer(1.0)
    assert any(name.startswith("nmpc.") for name in offer.parameters)
    for name, parameter in offer.parameters.items():
        with pytest.raises(InputError, match=name):
            parse_request(request(name, factor * parameter.value), offer)


def test_every_slider_moves_within_what_the_controller_grants() -> None:
    robot = sf.load_robot("g1")
    controller = sf.Controller(robot)
    controls = RunControls(sf.sim.Simulation(robot), controller)
    offer = controls.offer(1.0)
    for name, parameter in offer.parameters.items():
        assert parameter.low < parameter.value < parameter.high
        for value in (parameter.low, parameter.high):
            controls.apply(parse_request(request(name, value), offer))


def test_the_controller_solves_with_the_gain_of_the_page() -> None:
    """A base 0.01 m too low, at rest, is lifted by kp times that, whatever the rest wants."""
    robot = sf.load_robot("go2")
    controller = sf.Controller(robot, sf.ControllerOptions(wbc_mode="strict"))
    controls = RunControls(sf.sim.Simulation(robot), controller)
    offer = controls.offer(1.0)
    gain = offer.parameters["wbc.base_kp z"].value
    sample = standing_sample(robot, robot.q_nominal)
    sample.base_position[2] += 0.01
    contacts = np.ones(robot.nc, dtype=bool)
    state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), contacts.astype(float))
    for factor in (1.0, 2.0, 0.5):
        controls.apply(parse_request(request("wbc.base_kp z", factor * gain), offer))
        controller.wbc.reset()
        result = controller.wbc.solve(state, sample, contacts)
        assert result.acceleration[2] == pytest.approx(0.01 * factor * gain, rel=1e-3)
