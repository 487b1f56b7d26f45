"""A Unitree robot on the wire."""

from __future__ import annotations

import importlib
import logging
import sys
import time as clock
import types
from typing import Any

from surefoot.adapters.unitree.layout import LAYOUTS, Layout
from surefoot.adapters.unitree.messages import fill_command, read_sensors
from surefoot.data import InputError, InstallationError, JointCommand, SensorData
from surefoot.robots import RobotModel

logger = logging.getLogger(__name__)


class UnitreeRobot:
    """A `surefoot.control.RobotInterface` to a Unitree robot in its low-level mode.

    Its own controller ("sport mode") must be off before the first `write`: see docs/adapters.md.

    Parameters
    ----------
    robot
        The robot, e.g. ``load_robot("go2")``.
    network_interface
        That the robot is connected to, e.g. ``"eth0"``; None lets DDS choose.
    domain
        Of DDS; 0 on the robots.
    layout
        Of the messages; None takes that of the robot's name.
    foot_force_scale
        N per count of the foot sensors; None does not use them.
    timeout
        s to wait for the first state.

    Raises
    ------
    InstallationError
        If the SDK is not installed.
    InputError
        If the robot is not known, or no state comes.
    """

    def __init__(
        self,
        robot: RobotModel,
        *,
        network_interface: str | None = None,
        domain: int = 0,
        layout: Layout | None = None,
        foot_force_scale: float | None = None,
        timeout: float = 5.0,
    ) -> None:
        if layout is None:
            if robot.name not in LAYOUTS:
                known = ", ".join(LAYOUTS)
                raise InputError(
                    "robot", f"no layout of '{robot.name}' is known", f"known: {known}"
                )
            layout = LAYOUTS[robot.name]
        layout.motors(robot)  # refuses a robot that does not fit
        self._robot, self._layout, self._scale = robot, layout, foot_force_scale
        channel = sdk("core.channel")
        messages = sdk(f"idl.unitree_{layout.family}.msg.dds_")
        make = getattr(sdk("idl.default"), f"unitree_{layout.family}_msg_dds__LowCmd_")
        self._message = make()
        self._newest: tuple[Any, float] | None = None
        self._sample: SensorData | None = None
        channel.ChannelFactoryInitialize(domain, network_interface)
        self._subscriber = channel.ChannelSubscriber("rt/lowstate", messages.LowState_)
        self._subscriber.Init(self._receive, 0)
        self._publisher = channel.ChannelPublisher("rt/lowcmd", messages.LowCmd_)
        self._publisher.Init()
        deadline = self.time + timeout
        while self._newest is None:
            if self.time > deadline:
                self.close()
                raise InputError(
                    "network_interface",
                    f"no state came from the robot through {network_interface} in {timeout:g} s",
                    "check the cable, the interface's name and its address",
                )
            clock.sleep(0.01)

    @property
    def robot(self) -> RobotModel:
        """The robot."""
        return self._robot

    @property
    def time(self) -> float:
        """s of this computer's monotonic clock."""
        return clock.monotonic()

    def read(self) -> SensorData:
        """The newest sample, stamped when it came."""
        newest = self._newest
        assert newest is not None
        state, time = newest
        if self._sample is None or self._sample.time != time:
            self._sample = read_sensors(self._layout, self._robot, state, time, self._scale)
        return self._sample

    def write(self, command: JointCommand) -> None:
        """Send a command; the motors keep it until the next."""
        assert self._newest is not None
        machine = getattr(self._newest[0], "mode_machine", 0)
        fill_command(self._layout, self._robot, self._message, command, machine)
        if not self._publisher.Write(self._message):
            logger.warning("a command could not be sent to %s", self._robot.name)

    def wait_until(self, time: float) -> None:
        """Sleep until the clock shows `time`, s."""
        ahead = time - self.time
        if ahead > 0.0:
            clock.sleep(ahead)

    def close(self) -> None:
        """Leave the channels; send a damping command first."""
        self._subscriber.Close()
        self._publisher.Close()

    def _receive(self, state: Any) -> None:
        self._newest = state, self.time


def sdk(name: str) -> Any:
    """A module of ``unitree_sdk2py``.

    Raises
    ------
    InstallationError
        If it is not installed.
    """
    try:
        return importlib.import_module(f"unitree_sdk2py.{name}")
    except ImportError as error:
        if "'b2'" not in str(error):
            raise InstallationError(
                "unitree_sdk2py", f"cannot be imported ({error})", "see docs/adapters.md"
            ) from None
    # unitree-sdk2 1.0.1 on PyPI imports a folder that it left out; nothing here needs it
    sys.modules["unitree_sdk2py.b2"] = types.ModuleType("unitree_sdk2py.b2")
    return sdk(name)
