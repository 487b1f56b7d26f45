"""Every check of the robot file's ``[safety]``: it reacts beyond its limit, and only there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import surefoot as sf
from surefoot.sim import faults, terrain
from surefoot.sim.terrain import Terrain
from surefoot.wbc.tasks import PythonTask, Tick

TICK = 0.002


def walk(
    robot: sf.RobotModel, duration: float, fault: object = None, tasks: Sequence[PythonTask] = ()
) -> sf.Controller:
    """Stand up on its feet, walk; the sensors' fault begins in the walk.

    The tasks join the whole-body controller's highest level.
    """
    simulation = sf.sim.Simulation(robot, seed=1)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=True))
    sensors = simulation.reset()
    first, *others = controller.wbc.stack.levels
    controller.wbc.stack = [[*first, *tasks], *others]
    controller.stand()
    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.4)
    while simulation.time < 2.5 + duration:
        if fault is not None and simulation.time > 3.0:
            simulation.sensor_fault = fault  # type: ignore[assignment]
        sensors = simulation.step(controller.step(sensors), TICK)
    return controller


def strict(folder: Path, text: str) -> sf.RobotModel:
    file = folder / "strict.toml"
    file.write_text(f'name = "strict"\nextends = "go2.toml"\n{text}')
    return sf.load_robot(file)


@pytest.mark.parametrize(
    ("check", "limit"),
    [
        ("joint_velocity", 0.05),
        ("tilt_deg", 0.2),
        ("foot_slip", 0.02),
        ("estimate", 1e-3),
        ("sensor_age", 1e-3),
    ],
)
def test_beyond_its_limit_a_check_ends_the_walk_and_says_so(
    check: str, limit: float, tmp_path: Path
) -> None:
    level = f'[{{ limit = {limit}, reaction = "stop" }}]'
    controller = walk(strict(tmp_path, f"[safety]\n{check} = {level}\n"), 1.0)
    health = controller.health[check]
    assert health.count > 0
    assert health.worst > limit
    said = [change.reason for change in controller.history]
    said += [controller.refusal.reason] if controller.refusal else []
    assert any(reason.startswith(f"{check}: ") for reason in said), said
    assert controller.phase != "walk"


def test_torques_are_limited_to_the_share_that_the_file_allows(tmp_path: Path) -> None:
    robot = strict(tmp_path, '[safety]\ntorque = [{ limit = 0.1, reaction = "limit" }]\n')
    simulation = sf.sim.Simulation(robot, seed=1)
    controller = sf.Controller(robot)
    sensors = simulation.reset(lying=True)
    controller.stand()
    while simulation.time < 2.5:
        command = controller.step(sensors)
        if controller.phase == "stand_up":
            q, dq = controller.state.q[7:], controller.state.v[6:]  # type: ignore[union-attr]
            total = command.torque + command.kp * (command.position - q)
            total += command.kd * (command.velocity - dq)
            assert (np.abs(total) <= 0.1 * robot.effort_limit + 1e-9).all()
        sensors = simulation.step(command, TICK)
    assert controller.health["torque"].count > 0
    assert controller.health["torque"].worst > 0.1


def test_solves_that_fail_in_a_row_end_the_walk(tmp_path: Path) -> None:
    controller = walk(strict(tmp_path, "[nmpc]\nplan_dynamics = 1e-9\n"), 1.0)
    assert controller.timings.failed_solves > 0
    assert controller.phase == "stand"
    assert controller.history[-1].reason == "plan_failures: 31 exceeds 30"


class Absurd(PythonTask):
    """Asks for numbers beyond what any solver takes."""

    value = 0.0

    def __init__(self) -> None:
        super().__init__("absurd", max_rows=1)

    def rows(self, tick: Tick) -> tuple[np.ndarray, np.ndarray]:
        return np.full((1, len(tick.v)), self.value), np.array([self.value])


def test_ticks_without_a_whole_body_solution_end_in_damping() -> None:
    task = Absurd()

    def begin(sample: sf.SensorData) -> sf.SensorData:
        task.value = 1e200
        return sample

    controller = walk(sf.load_robot("go2"), 1.0, begin, [task])
    stop, fault = controller.history[-2:]
    assert (stop.after, stop.reason) == ("stop", "wbc_failures: 6 exceeds 5")
    assert (fault.after, fault.reason) == ("fault", "wbc_failures: 51 exceeds 50")


@pytest.mark.parametrize("check", ["not_finite", "sensor_fault", "joint_position"])
def test_spoiled_sensors_stop_the_walk(check: str) -> None:
    def shifted(sample: sf.SensorData) -> sf.SensorData:
        position = sample.joint_position.copy()
        position[2] += 3.0
        return replace(sample, joint_position=position)

    fault: Callable[[sf.SensorData], sf.SensorData] = {
        "not_finite": faults.not_a_number("joint_position"),
        "sensor_fault": faults.frozen_encoder(4),
        "joint_position": shifted,
    }[check]
    controller = walk(sf.load_robot("go2"), 1.5, fault)
    assert controller.health[check].count > 0
    assert controller.health[check].reaction == "stop"
    stop = next(change for change in controller.history if change.after == "stop")
    # Without joint positions the estimator goes without a sensor, which counts sooner.
    assert stop.reason.startswith((f"{check}: ", "sensor_fault: "))


WALKS = [
    *((name, "trot", speed, 0.0) for name in ("go2", "a1", "anymal_c") for speed in (0.3, 0.5)),
    ("go2", "trot", 1.0, 0.0),
    ("a1", "trot", 1.0, 0.0),
    ("anymal_c", "trot", 0.8, 0.0),  # at 1.0 m/s its swinging legs are at their 7.5 rad/s
    *((name, "trot", 0.3, 0.5) for name in ("go2", "a1", "anymal_c")),
    ("g1", "walk", 0.3, 0.0),
    ("g1", "walk", 0.3, 0.3),
]
GROUNDS = {
    "10 deg up": lambda: terrain.slope(np.deg2rad(10.0), "up"),
    "10 deg down": lambda: terrain.slope(np.deg2rad(10.0), "down"),
    "stairs 5 cm": lambda: terrain.stairs(0.05, "up"),
}


def alarms(name: str, gait: str, command: sf.VelocityCommand, ground: Terrain | None) -> list[str]:
    robot = sf.load_robot(name)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=not robot.can_lie))
    result = sf.sim.run_walk(
        robot,
        controller,
        sf.sim.Simulation(robot, seed=2, terrain=ground),
        command=command,
        gait=gait,
        duration=7.0,
        lying=robot.can_lie,
    )
    assert result.metrics["survived"]
    # to clip a torque to what the motor has is no alarm
    return [name for name, check in controller.health.items() if check.count and name != "torque"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "gait", "vx", "yaw_rate"), WALKS)
def test_ordinary_walks_raise_no_alarm(name: str, gait: str, vx: float, yaw_rate: float) -> None:
    assert alarms(name, gait, sf.VelocityCommand(vx, 0.0, yaw_rate), None) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", ["go2", "a1", "anymal_c"])
def test_ordinary_ground_raises_no_alarm(name: str, ground: str) -> None:
    assert alarms(name, "trot", sf.VelocityCommand(0.4), GROUNDS[ground]()) == []
