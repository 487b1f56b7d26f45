"""Safety checks, contacts that differ from the plan, posture commands: in closed loop."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from closed_loop import TICK, run

import surefoot as sf
from surefoot.data import InputError, PostureCommand, SensorData
from surefoot.sim import faults


def start(seed: int, **options: object) -> tuple[sf.sim.Simulation, sf.Controller, SensorData]:
    robot = sf.load_robot("go2")
    simulation = sf.sim.Simulation(robot, seed=seed, **options)  # type: ignore[arg-type]
    controller = sf.Controller(robot)
    sensors = simulation.reset(lying=True)
    controller.stand()
    sensors = run(simulation, controller, sensors, 3.5)
    assert controller.phase == "stand"
    return simulation, controller, sensors


def test_every_check_of_the_robot_file_reports_and_a_healthy_walk_trips_none() -> None:
    simulation, controller, sensors = start(1)
    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.5)
    run(simulation, controller, sensors, 7.0)
    health = controller.health
    checks = set(type(controller.robot.config.safety).model_fields) - {
        "slow_factor",
        "hold_time",
        "speed_time",
    }
    assert set(health) == checks
    for name, check in health.items():
        assert check.count == 0, name
        assert check.reaction == "none"
    assert health["tilt_deg"].worst > 0.0
    assert 0.1 < health["torque"].worst < 1.0
    assert health["plan_age"].worst == pytest.approx(0.01, abs=0.005)


def test_a_sensor_that_fails_for_good_ends_the_walk_and_says_so() -> None:
    simulation, controller, sensors = start(2)
    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.4)
    sensors = run(simulation, controller, sensors, 6.0)
    simulation.sensor_fault = faults.frozen_encoder(4)
    run(simulation, controller, sensors, 9.0)
    stop = next(t for t in controller.history if t.after == "stop")
    assert stop.reason.startswith("sensor_fault: ")
    assert controller.phase in ("stop", "stand")
    assert simulation.q[2] > 0.5 * controller.robot.config.posture.height
    refusal = controller.refusal
    if controller.phase == "stand":
        assert refusal is not None
        assert "sensor_fault" in refusal.reason


def test_a_walk_without_plans_is_caught_on_all_feet_and_goes_on_when_they_come_again() -> None:
    simulation, controller, sensors = start(3)
    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.4)
    sensors = run(simulation, controller, sensors, 6.0)
    controller.stall(3.0)
    sensors = run(simulation, controller, sensors, 7.5)
    assert controller.phase == "stand"
    assert controller.history[-1].reason.startswith("the plan is 0.80")
    sensors = run(simulation, controller, sensors, 8.5)
    assert controller.refusal is not None
    assert "nothing to plan with" in controller.refusal.reason
    sensors = run(simulation, controller, sensors, 14.0)
    assert controller.phase == "walk"
    assert simulation.q[2] > 0.8 * controller.robot.config.posture.height


def test_a_tilted_base_is_damped_until_reset() -> None:
    simulation, controller, sensors = start(4)
    simulation.push((0.0, 400.0, 0.0), 0.3)
    sensors = run(simulation, controller, sensors, 6.0)
    assert controller.phase == "fault"
    assert controller.history[-1].reason.startswith("tilt_deg: ")
    assert controller.health["tilt_deg"].reaction == "damp"
    command = controller.step(sensors)
    sensors = simulation.step(command, TICK)
    assert not command.kp.any()
    assert not command.torque.any()
    controller.stand()
    run(simulation, controller, sensors, 6.5)
    assert controller.phase == "fault"
    controller.reset()
    assert controller.phase == "passive"


def test_a_foot_that_finds_no_ground_reaches_for_it_and_one_that_hits_it_early_stands() -> None:
    steps = sf.sim.terrain.tiles(0.05, seed=4)
    simulation, controller, sensors = start(5, terrain=steps)
    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.4)
    run(simulation, controller, sensors, 9.0)
    assert controller.phase == "walk"
    assert sum(controller.contact_mismatches) > 0


def test_a_standing_robot_takes_the_posture_it_is_asked_for() -> None:
    simulation, controller, sensors = start(6)
    sensors = run(simulation, controller, sensors, 4.0)
    rest = simulation.q.copy()
    wanted = PostureCommand(sway=0.02, height=-0.03, roll=0.1, pitch=0.12, yaw=0.15)
    controller.posture = wanted
    speeds = []
    while simulation.time < 6.5:
        sensors = run(simulation, controller, sensors, simulation.time + TICK)
        speeds.append(np.abs(simulation.v[:3]).max())
    assert controller.phase == "stand"
    assert max(speeds) < 2.0 * controller.robot.config.control.posture_speed
    turn = pin.Quaternion(rest[3:7]).matrix().T @ pin.Quaternion(simulation.q[3:7]).matrix()
    np.testing.assert_allclose(
        pin.rpy.matrixToRpy(turn), [wanted.roll, wanted.pitch, wanted.yaw], atol=0.03
    )
    shift = pin.Quaternion(rest[3:7]).matrix().T @ (simulation.q[:3] - rest[:3])
    np.testing.assert_allclose(shift, [0.0, wanted.sway, wanted.height], atol=0.01)
    controller.posture = PostureCommand()
    run(simulation, controller, sensors, 9.0)
    np.testing.assert_allclose(simulation.q[:3], rest[:3], atol=0.01)


def test_the_height_follows_a_sine() -> None:
    simulation, controller, sensors = start(7)
    begin, height = simulation.time, simulation.q[2]
    errors = []
    while simulation.time < begin + 8.0:
        t = simulation.time - begin
        controller.posture = PostureCommand(height=0.03 * np.sin(2 * np.pi * 0.25 * t))
        sensors = run(simulation, controller, sensors, simulation.time + TICK)
        lag = 2.0 / controller.robot.config.control.posture_bandwidth
        expected = height + 0.03 * np.sin(2 * np.pi * 0.25 * (t - lag))
        if t > 2.0:
            errors.append(simulation.q[2] - expected)
    assert np.sqrt(np.mean(np.square(errors))) < 0.006


def test_a_posture_beyond_the_limits_is_named() -> None:
    controller = sf.Controller(sf.load_robot("go2"))
    with pytest.raises(InputError, match=r"posture\.height.*0\.1 m"):
        controller.posture = PostureCommand(height=-0.2)
    with pytest.raises(InputError, match=r"posture\.roll"):
        controller.posture = PostureCommand(roll=1.0)
    with pytest.raises(InputError, match="roll"):
        PostureCommand(roll=float("nan"))
