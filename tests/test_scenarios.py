"""The standard set, faults and pushes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from test_scenario import PoseController

import surefoot as sf
from surefoot.data import InputError
from surefoot.sim import Simulation, faults
from surefoot.sim.pushes import push_limit, push_once
from surefoot.sim.scenarios import run_scenario, standard_set, summary

GO2 = sf.load_robot("go2")


def test_standard_set_is_complete() -> None:
    count = Counter(scenario.group for scenario in standard_set(GO2))
    expected = {"velocity": 9, "slope": 12, "tiles": 4, "stairs": 6}
    expected |= {"slippery": 1, "payload": 2, "faults": 10}
    assert {group: count[group] for group in expected} == expected
    names = [(scenario.group, scenario.name) for scenario in standard_set(GO2)]
    assert len(set(names)) == len(names)
    with pytest.raises(InputError, match="no gait"):
        standard_set(GO2, "waltz")


def test_a_scenario_whose_goal_is_not_reached_is_no_success() -> None:
    scenarios = {(s.group, s.name): s for s in standard_set(GO2)}
    rows = []
    for key, success in ((("velocity", "vx 0.3"), True), (("tiles", "3 cm"), False)):
        scenario = replace(scenarios[key], duration=0.5)
        result = run_scenario(GO2, PoseController, scenario, seed=0)
        assert result.metrics["survived"] is True
        assert result.metrics["success"] is success
        assert result.log.info["scenario"] == scenario.name
        rows.append(result.metrics)
    total = summary(rows)
    assert (total["runs"], total["successes"], total["falls"]) == (2, 1, [])


def test_every_scenario_stands_up() -> None:
    grounds = {"slope", "tiles", "stairs", "slippery", "payload"}
    for scenario in standard_set(GO2):
        if scenario.group in grounds and ("20" in scenario.name or "10" in scenario.name):
            result = run_scenario(GO2, PoseController, replace(scenario, duration=0.1), seed=1)
            assert result.run.stood, scenario.name


def test_faults_spoil_what_they_say() -> None:
    simulation = Simulation(GO2, seed=3)
    healthy = simulation.reset(lying=True)
    command = sf.JointCommand(
        GO2.q_nominal[7:], np.zeros(12), np.full(12, 60.0), np.full(12, 2.0), np.zeros(12)
    )
    simulation.sensor_fault = faults.frozen_encoder(4)
    first = simulation.step(command, 0.02)
    second = simulation.step(command, 0.02)
    assert second.joint_position[4] == first.joint_position[4]
    assert second.joint_velocity[4] == 0.0
    assert second.joint_position[5] != first.joint_position[5]
    assert abs(simulation.q[7 + 4] - healthy.joint_position[4]) > 0.05  # it moves all the same
    simulation.sensor_fault = faults.stopped_imu()
    third, fourth = simulation.step(command, 0.02), simulation.step(command, 0.02)
    np.testing.assert_array_equal(third.gyro, fourth.gyro)
    np.testing.assert_array_equal(third.accelerometer, fourth.accelerometer)
    assert not np.array_equal(third.joint_position, fourth.joint_position)
    simulation.sensor_fault = faults.not_a_number("accelerometer")
    fifth = simulation.step(command, 0.02)
    assert np.isnan(fifth.accelerometer).all()
    assert np.isfinite(fifth.gyro).all()
    with pytest.raises(InputError, match="field"):
        faults.not_a_number("time")


def test_push_limit_finds_the_edge() -> None:
    for edge in (0.0, 0.07, 0.49, 0.51, 2.3):
        found = push_limit(lambda speed, edge=edge: speed <= edge)  # type: ignore[misc]
        assert edge - 0.05 <= found <= edge
    with pytest.raises(InputError, match="nothing seems pushed"):
        push_limit(lambda _: True)


def test_small_pushes_are_survived_and_large_ones_not() -> None:
    options = {"direction": "left", "phase": 0.5}
    rest = sf.VelocityCommand()
    small = push_once(GO2, PoseController, speed=0.1, command=rest, **options)  # type: ignore[arg-type]
    assert small.survived
    assert small.recovered
    large = push_once(GO2, PoseController, speed=8.0, command=rest, **options)  # type: ignore[arg-type]
    assert not large.survived
    assert not large.recovered
    with pytest.raises(InputError, match="direction"):
        push_once(GO2, PoseController, speed=0.1, direction="up", phase=0.0)
