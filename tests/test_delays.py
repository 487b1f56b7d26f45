"""Time between a sensor sample and what its command does: solving, and the motors' delay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import surefoot as sf
from surefoot.data import InputError

PERIOD = 0.002


def _with_delay(robot: sf.RobotModel, delay: float) -> sf.RobotModel:
    control = robot.config.control.model_copy(update={"actuation_delay": delay})
    return replace(robot, config=robot.config.model_copy(update={"control": control}))


def _walk(
    robot: sf.RobotModel,
    options: sf.ControllerOptions,
    gait: str,
    speed: float,
    duration: float,
    delay: float,
) -> tuple[sf.Controller, np.ndarray]:
    """Walks on the true state; the controller and the base's velocity in every tick."""
    simulation = sf.sim.Simulation(robot, seed=0, actuation_delay=delay)
    controller = sf.Controller(robot, options)
    sensors = simulation.reset(lying=robot.can_lie)
    controller.stand()
    velocity = []
    end = np.inf
    while simulation.time < end:
        if controller.phase == "stand" and end == np.inf:
            end = simulation.time + duration
            controller.gait, controller.command = gait, sf.VelocityCommand(vx=speed)
        command = controller.step(sensors, simulation.true_state)
        sensors = simulation.step(command, PERIOD)
        velocity.append(simulation.v[:6].copy())
    return controller, np.array(velocity)


def test_known_actuation_delay_is_made_up_for() -> None:
    robot, delay = sf.load_robot("go2"), 0.008
    bounce = []
    for known in (0.0, delay):
        told = _with_delay(robot, known)
        controller, velocity = _walk(told, sf.ControllerOptions(), "trot", 0.5, 3.0, delay)
        assert controller.phase == "walk"
        steady = velocity[-round(2.0 / PERIOD) :]
        bounce.append((steady[:, 2].std(), steady[:, 4].std()))
    # vertical velocity and pitch rate: measured 0.077 -> 0.063 m/s, 0.40 -> 0.36 rad/s
    assert bounce[1][0] < 0.95 * bounce[0][0]
    assert bounce[1][1] < bounce[0][1]


@pytest.mark.parametrize(
    ("name", "gait", "speed", "rate", "latency"),
    [
        ("go2", "trot", 0.5, 100.0, 0.008),
        ("go2", "trot", 0.5, 15.0, 0.06),
        ("g1", "walk", 0.3, 100.0, 0.008),
        ("g1", "walk", 0.3, 50.0, 0.018),
    ],
)
def test_walks_with_plans_that_come_late(
    name: str, gait: str, speed: float, rate: float, latency: float
) -> None:
    robot = sf.load_robot(name)
    options = sf.ControllerOptions(
        nmpc_rate=rate, nmpc_latency=latency, hold_at_start=not robot.can_lie
    )
    delay = robot.config.control.actuation_delay
    controller, velocity = _walk(robot, options, gait, speed, 3.0, delay)
    assert controller.phase == "walk"
    assert velocity[-round(1.8 / PERIOD) :, 0].mean() == pytest.approx(speed, abs=0.1)
    assert controller.timings.failed_solves == 0


def test_latency_must_not_be_negative() -> None:
    with pytest.raises(InputError, match="nmpc_latency"):
        sf.ControllerOptions(nmpc_latency=-0.001)
