"""Wrong input at the public entries gives one clear error that names the thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot.data import JointCommand, RobotState, SensorData

ROBOT = sf.load_robot("go2")


def state(**changes: Any) -> RobotState:
    values: dict[str, Any] = {
        "time": 0.0,
        "q": ROBOT.q_nominal.copy(),
        "v": np.zeros(ROBOT.nv),
        "contact_probability": np.ones(ROBOT.nc),
    }
    return RobotState(**{**values, **changes})


def sensors(**changes: Any) -> SensorData:
    values: dict[str, Any] = {
        "time": 0.0,
        "gyro": np.zeros(3),
        "accelerometer": np.array([0.0, 0.0, 9.81]),
        "joint_position": ROBOT.q_nominal[7:].copy(),
        "joint_velocity": np.zeros(ROBOT.nj),
    }
    return SensorData(**{**values, **changes})


def command(size: int, value: float = 0.0) -> JointCommand:
    return JointCommand(*(np.full(size, value) for _ in range(5)))


def nmpc() -> sf.mpc.CentroidalNmpc:
    planner = sf.mpc.CentroidalNmpc(ROBOT)
    planner.reset(state())
    return planner


def wbc() -> sf.wbc.WholeBodyController:
    return sf.wbc.WholeBodyController(ROBOT)


STANDING = sf.wbc.standing_sample(ROBOT, ROBOT.q_nominal, 0.0)
DOWN = np.ones(ROBOT.nc, dtype=bool)

CASES: dict[str, tuple[str, Callable[[], Any]]] = {
    "robot unknown": ("nope", lambda: sf.load_robot("nope")),
    "robot not a name": ("None", lambda: sf.load_robot(None)),  # type: ignore[arg-type]
    "controller of nothing": ("robot", lambda: sf.Controller(None)),  # type: ignore[arg-type]
    "controller mode": (
        "mode",
        lambda: sf.Controller(ROBOT, sf.ControllerOptions(wbc_mode="x")),  # type: ignore[arg-type]
    ),
    "tick of nothing": ("sensors", lambda: sf.Controller(ROBOT).step(None)),  # type: ignore[arg-type]
    "tick at no time": ("time", lambda: sf.Controller(ROBOT).step(sensors(time=float("nan")))),
    "tick with words": ("gyro", lambda: sf.Controller(ROBOT).step(sensors(gyro="abc"))),
    "simulation of a name": ("robot", lambda: sf.sim.Simulation("go2")),
    "simulation seed": ("seed", lambda: sf.sim.Simulation(ROBOT, seed=-1)),
    "simulation friction": ("friction", lambda: sf.sim.Simulation(ROBOT, friction=-1.0)),
    "simulation step": ("timestep", lambda: sf.sim.Simulation(ROBOT, timestep=0.0)),
    "simulation delay": ("delay", lambda: sf.sim.Simulation(ROBOT, actuation_delay=-1.0)),
    "joint command shape": (
        "command",
        lambda: sf.sim.Simulation(ROBOT).step(command(3), 0.002),
    ),
    "joint command value": (
        "command",
        lambda: sf.sim.Simulation(ROBOT).step(command(ROBOT.nj, np.nan), 0.002),
    ),
    "nmpc state": ("v", lambda: nmpc().solve(state(v=np.full(ROBOT.nv, np.nan)))),
    "nmpc quaternion": ("quaternion", lambda: nmpc().solve(state(q=np.zeros(ROBOT.nq)))),
    "nmpc command": ("command", lambda: setattr(nmpc(), "command", 0.5)),
    "nmpc gait": ("waltz", lambda: setattr(nmpc(), "gait", "waltz")),
    "nmpc without plan": ("plan", lambda: sf.mpc.CentroidalNmpc(ROBOT).sample(0.0)),
    "wbc state": ("state", lambda: wbc().solve(None, STANDING, DOWN)),  # type: ignore[arg-type]
    "wbc contacts": ("contacts", lambda: wbc().solve(state(), STANDING, DOWN[:3])),
    "wbc stack": ("stack", lambda: setattr(wbc(), "stack", 3)),
    "estimator sample": (
        "sensors",
        lambda: sf.estimation.make_estimator(ROBOT).update(None),  # type: ignore[arg-type]
    ),
    "estimator shape": (
        "gyro",
        lambda: sf.estimation.make_estimator(ROBOT).update(sensors(gyro=np.zeros(2))),
    ),
    "viewer of nothing": ("robot", lambda: sf.viz.Viewer(None)),
}


@pytest.mark.parametrize("case", CASES)
def test_one_clear_error(case: str) -> None:
    named, call = CASES[case]
    with pytest.raises(sf.SurefootError, match=named):
        call()
