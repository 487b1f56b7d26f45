"""Standing up from the belly, with the legs anywhere; in closed loop on the estimated state."""

from __future__ import annotations

import numpy as np
import pytest

import surefoot as sf

TICK = 0.002


def lay(robot: sf.RobotModel, seed: int) -> sf.sim.Simulation:
    """Joints anywhere within their ranges; the motors damp until it rests."""
    rng = np.random.default_rng(seed)
    q = robot.q_nominal.copy()
    q[7:] = rng.uniform(
        np.maximum(robot.position_lower, -np.pi), np.minimum(robot.position_upper, np.pi)
    )
    simulation = sf.sim.Simulation(robot, seed=seed)
    simulation.reset(q=q, lying=True)
    return simulation


def tilt_deg(simulation: sf.sim.Simulation) -> float:
    x, y = simulation.q[3:5]
    return float(np.rad2deg(np.arccos(1.0 - 2.0 * (x * x + y * y))))


def try_to_stand(robot: sf.RobotModel, simulation: sf.sim.Simulation) -> sf.Controller:
    controller = sf.Controller(robot)
    controller.stand()
    sensors = simulation.sensors()
    while simulation.time < 12.0 and controller.phase not in ("stand", "fault"):
        command = controller.step(sensors)
        assert (np.abs(command.torque) <= robot.effort_limit * (1 + 1e-12)).all()
        sensors = simulation.step(command, TICK)
    for _ in range(500):
        sensors = simulation.step(controller.step(sensors), TICK)
    return controller


def stands(controller: sf.Controller, simulation: sf.sim.Simulation) -> bool:
    height = controller.robot.config.posture.height
    return (
        controller.phase == "stand"
        and 0.9 * height < simulation.q[2] < 1.15 * height
        and tilt_deg(simulation) < 5.0
    )


@pytest.mark.parametrize(
    ("name", "seed"), [("go2", 0), ("go2", 7), ("go2", 13), ("a1", 7), ("anymal_c", 4)]
)
def test_it_stands_up_wherever_its_legs_are(name: str, seed: int) -> None:
    robot = sf.load_robot(name)
    simulation = lay(robot, seed)
    controller = try_to_stand(robot, simulation)
    assert stands(controller, simulation), controller.history


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["go2", "a1", "anymal_c"])
def test_from_twenty_poses_it_stands_or_is_let_down_but_never_faults(name: str) -> None:
    robot = sf.load_robot(name)
    limit = robot.config.control.stand_up_tilt_limit_deg
    lying, stood = 0, 0
    for seed in range(20):
        simulation = lay(robot, seed)
        lying += tilt_deg(simulation) < limit
        controller = try_to_stand(robot, simulation)
        assert controller.phase != "fault", (seed, controller.history)
        stood += stands(controller, simulation)
    assert lying >= 17  # the others rolled over their own legs while they settled
    assert stood >= lying - 3  # and these do it while folding them
