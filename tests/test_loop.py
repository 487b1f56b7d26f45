"""The loop around a `RobotInterface`."""

from __future__ import annotations

import numpy as np
import pytest

import surefoot as sf
from surefoot.control import RobotInterface, run_loop
from surefoot.data import InputError
from surefoot.sim import SimulatedRobot, Simulation

GO2 = sf.load_robot("go2")
PERIOD = 0.002


class Wire(SimulatedRobot):
    """Remembers what it was sent; its sensors may go silent and its clock may jump."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(simulation)
        self.sent: list[sf.JointCommand] = []
        self.silent_after = np.inf
        self.last = simulation.sensors()

    def read(self) -> sf.SensorData:
        if self.time <= self.silent_after:
            self.last = super().read()
        return self.last

    def write(self, command: sf.JointCommand) -> None:
        super().write(command)
        self.sent.append(command)


def lying() -> Wire:
    simulation = Simulation(GO2, seed=1)
    simulation.reset(lying=True)
    return Wire(simulation)


def damps(command: sf.JointCommand) -> bool:
    return not command.kp.any() and not command.torque.any() and bool((command.kd > 0.0).all())


def test_a_robot_stands_up_through_the_interface_as_without_it() -> None:
    wire, controller = lying(), sf.Controller(GO2)
    assert isinstance(wire, RobotInterface)
    controller.stand()
    seen: list[float] = []
    count = run_loop(
        wire, controller, duration=3.0, after=lambda sensors, _: seen.append(sensors.time)
    )
    assert (count.ticks, count.late, count.stale) == (1500, 0, 0)
    assert controller.phase == "stand"
    assert damps(wire.sent[-1])
    np.testing.assert_allclose(np.diff(seen), PERIOD, atol=1e-9)

    simulation, direct = Simulation(GO2, seed=1), sf.Controller(GO2)
    sensors = simulation.reset(lying=True)
    direct.stand()
    for _ in range(1500):
        sensors = simulation.step(direct.step(sensors), PERIOD)
    np.testing.assert_array_equal(simulation.q, wire.simulation.q)


def test_it_ends_when_asked_and_damps_when_the_controller_fails() -> None:
    wire = lying()
    count = run_loop(wire, sf.Controller(GO2), before=lambda time: time < 0.1)
    assert count.ticks == 50
    assert damps(wire.sent[-1])

    controller, wire = sf.Controller(GO2), lying()

    def fail(time: float) -> None:
        if time > 0.05:
            raise RuntimeError("the operator's console broke")

    with pytest.raises(RuntimeError, match="console"):
        run_loop(wire, controller, before=fail)
    assert damps(wire.sent[-1])


def test_silent_sensors_keep_the_last_command_then_damp() -> None:
    wire, controller = lying(), sf.Controller(GO2, sf.ControllerOptions(hold_at_start=True))
    wire.silent_after = 0.1
    timeout = GO2.config.control.sensor_timeout
    run_loop(wire, controller, duration=0.1 + timeout + 0.05)
    assert wire.last.time == pytest.approx(0.1)
    held, rest = wire.sent[:51], wire.sent[51:]
    assert not any(damps(command) for command in held)
    assert rest
    assert all(damps(command) for command in rest)
    assert len(rest) == pytest.approx(0.05 / PERIOD, abs=2)


def test_a_late_tick_is_counted_and_not_made_up_for() -> None:
    wire = lying()
    sent = len(wire.sent)

    def slow(time: float) -> None:
        if 0.1 <= time < 0.1 + PERIOD:
            wire.wait_until(wire.time + 0.015)  # seven and a half periods

    count = run_loop(wire, sf.Controller(GO2), duration=0.2, before=slow)
    assert count.late == 1
    assert len(wire.sent) - sent - 1 == count.ticks < 100


def test_wrong_input_is_named() -> None:
    with pytest.raises(InputError, match="period"):
        run_loop(lying(), sf.Controller(GO2), period=0.0)
    with pytest.raises(InputError, match="duration"):
        run_loop(lying(), sf.Controller(GO2), duration=-1.0)
    with pytest.raises(InputError, match="another robot"):
        run_loop(lying(), sf.Controller(sf.load_robot("a1")))
    with pytest.raises(InputError, match="speed"):
        SimulatedRobot(Simulation(GO2), speed=-1.0)
