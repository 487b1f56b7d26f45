"""Weights that change between two solves: the next one is as if they had always been so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot._cpp import mpc as cpp
from surefoot.mpc.options import nmpc_options

# every weight, by a factor of its own
FACTORS = {
    "momentum_linear": np.array([0.5, 2.0, 1.5]),
    "momentum_angular": np.array([3.0, 0.5, 1.5]),
    "base_position": np.array([0.2, 2.0, 0.7]),
    "base_orientation": np.array([2.0, 0.3, 1.5]),
    "joint_position": 3.0,
    "force": 2.0,
    "moment": 0.4,
    "foot_velocity": 0.3,
    "foot_turn": 2.0,
    "joint_velocity": 5.0,
    "foothold": 0.2,
    "terminal": 4.0,
    "barrier_weight": 3.0,
    "joint_position_limit": 0.3,
    "joint_velocity_limit": 5.0,
    "joint_torque_limit": 0.2,
    "swing_position_gain": 0.5,
    "capture_gain": 0.5,
}


def options_of(robot: sf.RobotModel, soft: bool = False) -> cpp.NmpcOptions:
    """With limits so tight that every soft limit has a say."""
    options = nmpc_options(robot)
    options.soft_friction = soft
    options.limit_margin = 0.45
    return options


def solved(nmpc: cpp.CentroidalNmpc, robot: sf.RobotModel, options: Any) -> dict[str, Any]:
    names = [gait.name for gait in options.gaits]
    nmpc.gait = names.index("trot" if "trot" in names else "walk")
    nmpc.set_command(0.4, 0.1, 0.2)
    v = np.zeros(robot.nv)
    v[:3] = (0.2, -0.1, 0.05)
    nmpc.reset(0.0, robot.q_nominal, v)
    for k in range(4):
        nmpc.solve(0.05 * k, robot.q_nominal, v)
        assert nmpc.allocations == 0
    return dict(nmpc.plan())


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return all(np.array_equal(a[name], b[name]) for name in ("states", "inputs", "gains"))


@pytest.mark.parametrize(("name", "soft"), [("go2", False), ("go2", True), ("g1", False)])
def test_changed_weights_are_as_if_they_had_always_been(name: str, soft: bool) -> None:
    robot = sf.load_robot(name)
    before, after = options_of(robot, soft), options_of(robot, soft)
    for key, factor in FACTORS.items():
        setattr(after, key, factor * np.asarray(getattr(after, key)))
    nmpc = cpp.CentroidalNmpc(robot.description, before)
    first = solved(nmpc, robot, before)
    nmpc.set_weights(after)
    second = solved(nmpc, robot, after)
    fresh = solved(cpp.CentroidalNmpc(robot.description, after), robot, after)
    assert same(second, fresh)
    assert not same(first, second)
    nmpc.set_weights(before)
    assert same(solved(nmpc, robot, before), first)


@pytest.mark.parametrize("key", FACTORS)
def test_each_weight_has_a_say(key: str) -> None:
    robot = sf.load_robot("g1")  # with surface contacts: moments, turning soles
    options, changed = (options_of(robot, key == "barrier_weight") for _ in range(2))
    setattr(changed, key, FACTORS[key] * np.asarray(getattr(changed, key)))
    nmpc = cpp.CentroidalNmpc(robot.description, options)
    first = solved(nmpc, robot, options)
    nmpc.set_weights(changed)
    assert not same(solved(nmpc, robot, changed), first)


def test_one_set_of_weights_serves_every_robot_but_the_heaviest() -> None:
    """As docs/nmpc.md says: a new robot needs no weights of its own unless its forces are large."""
    shared = sf.load_robot("go2").config.nmpc
    for name in sf.robot_names():
        other = sf.load_robot(name).config.nmpc
        own = {key for key in FACTORS if getattr(other, key) != getattr(shared, key)}
        assert own == ({"force", "moment", "foothold"} if name == "talos" else set()), name
