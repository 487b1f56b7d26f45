"""The simulated robot as the control loop sees a real one."""

from __future__ import annotations

import time as clock

from surefoot.data import InputError, JointCommand, SensorData, finite_number
from surefoot.robots import RobotModel
from surefoot.sim.motors import limp
from surefoot.sim.simulation import Simulation


class SimulatedRobot:
    """A `surefoot.control.RobotInterface` whose clock is the simulation's.

    Time passes in `wait_until` only, so that a controller of any speed meets the same robot.

    Parameters
    ----------
    simulation
        Reset by the caller.
    speed
        Simulated seconds per second; 0 goes as fast as it can.

    Raises
    ------
    InputError
        If the speed is negative.
    """

    def __init__(self, simulation: Simulation, speed: float = 0.0) -> None:
        if finite_number("speed", speed) < 0.0:
            raise InputError("speed", f"is {speed}", "give 0 to run as fast as possible")
        self.simulation = simulation
        self._speed = speed
        self._command = limp(simulation.robot.nj)
        self._anchor = (clock.monotonic(), simulation.time)

    @property
    def robot(self) -> RobotModel:
        """The robot."""
        return self.simulation.robot

    @property
    def time(self) -> float:
        """s since the simulation's reset."""
        return self.simulation.time

    def read(self) -> SensorData:
        """The newest sample."""
        return self.simulation.sensors()

    def write(self, command: JointCommand) -> None:
        """Send a command to the motors; it acts after the simulation's actuation delay."""
        self._command = command

    def wait_until(self, time: float) -> None:
        """Simulate until `time`, s, in whole physics steps."""
        step = self.simulation.timestep
        steps = round((time - self.simulation.time) / step)
        if steps > 0:
            self.simulation.step(self._command, steps * step)
        if self._speed > 0.0:
            begin, zero = self._anchor
            ahead = (self.simulation.time - zero) / self._speed - (clock.monotonic() - begin)
            if ahead > 0.0:
                clock.sleep(ahead)
            else:
                self._anchor = (clock.monotonic(), self.simulation.time)
