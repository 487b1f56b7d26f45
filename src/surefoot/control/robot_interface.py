"""What the control loop needs of a robot, simulated or real."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from surefoot.data import JointCommand, SensorData
from surefoot.robots import RobotModel


@runtime_checkable
class RobotInterface(Protocol):
    """Sensors, motors and the clock of one robot.

    `surefoot.sim.SimulatedRobot`, `surefoot.sim.RobotProcess` and
    `surefoot.adapters.unitree.UnitreeRobot` are three. Anything with these members is another:
    nothing needs to be inherited.

    Attributes
    ----------
    robot
        The robot that it is, in whose joint and contact order samples and commands are.
    """

    @property
    def robot(self) -> RobotModel: ...

    @property
    def time(self) -> float:
        """Now, s, of the clock that stamps the samples; never goes backwards."""

    def read(self) -> SensorData:
        """The newest sample, at once; the same one again if none has come since."""

    def write(self, command: JointCommand) -> None:
        """Send a command to the motor drivers, which keep it until the next."""

    def wait_until(self, time: float) -> None:
        """Return when the clock shows `time`, s; at once if it is past."""
