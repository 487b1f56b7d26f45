"""A simulated robot that goes on by itself, in a process of its own, as a real one does."""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import queue
import subprocess
import sys
import threading
import time as clock
from collections.abc import Mapping
from dataclasses import fields
from types import TracebackType
from typing import Any

import numpy as np

from surefoot.control.sensor_check import sensor_shapes
from surefoot.data import Array, InputError, JointCommand, SensorData, SurefootError
from surefoot.robots import RobotModel
from surefoot.sim.mailbox import Mailbox
from surefoot.sim.simulation import Simulation

_COMMAND = tuple(field.name for field in fields(JointCommand))
_LAG = 0.003  # s behind the clock from which the robot's time is set back, not caught up
_LOOK = 2e-4  # s between two looks for the first command
_TRUTH = ("q", "v", "contact_forces", "pushing_force")  # of the simulation


class RobotProcess:
    """A `surefoot.control.RobotInterface` to a simulation that runs in real time elsewhere.

    It is held until its first command. From then on it does not wait for its controller: a sample
    comes every period, and a command that is late acts late. Only where the computer did not let
    the simulation itself go on, its time stands still meanwhile. Nothing of it runs in the control
    loop's thread or in its caches. For Linux.

    Parameters
    ----------
    robot
        The robot.
    rate
        Samples per second.
    lying
        Whether it begins on the ground; else in its nominal posture.
    priority
        Of the robot under SCHED_FIFO, where the system grants it, so that its samples are punctual;
        0: as the rest.
    options
        Of the `Simulation`.

    Raises
    ------
    InputError
        If the rate is out of range.
    SurefootError
        If the simulation cannot start; from `read`, if it has ended.
    """

    def __init__(
        self,
        robot: RobotModel,
        *,
        rate: float = 1000.0,
        lying: bool = True,
        priority: int = 0,
        **options: Any,
    ) -> None:
        if not 0.0 < rate <= 2000.0:
            raise InputError("rate", f"is {rate}", "give samples per second, in (0, 2000]")
        self.robot = robot
        self._number = 0
        self._layout = _Layout(robot)
        self._values = self._layout.empty
        self._samples = Mailbox(self._values.nbytes)
        self._commands = Mailbox(self._layout.command_size)
        files = (self._commands.file, self._samples.file)
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from surefoot.sim.robot_process import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=files,
            start_new_session=True,  # Ctrl-C ends the program, which ends it
        )
        try:
            self._send((robot, files, 1.0 / rate, lying, priority, options))
            answer = pickle.load(self._process.stdout)  # type: ignore[arg-type]
        except (EOFError, OSError):
            answer = "it ended"
        if isinstance(answer, str):
            self.close()
            raise SurefootError(f"the robot's process did not start: {answer}")
        self._zero: float | None = None  # by the clock
        self._now = 0.0

    @property
    def time(self) -> float:
        """Now, s since the first command."""
        if self._zero is not None:
            self._now = max(self._now, clock.monotonic() - self._zero)
        return self._now

    def read(self) -> SensorData:
        """The newest sample."""
        message = self._samples.get()
        if message is not None and message[0] != self._number:
            self._number = message[0]
            self._values = np.frombuffer(message[1])
            if self._zero is not None:
                self._zero = max(self._zero, self._values[-1])
        elif self._process.poll() is not None:
            raise SurefootError("the robot's process has ended")
        return self._layout.sensors(self._values)

    def write(self, command: JointCommand) -> None:
        """Send a command to the motors; it acts from the simulation's next step on."""
        if self._zero is None:
            self._zero = clock.monotonic()
        parts = [getattr(command, name) for name in _COMMAND]
        self._commands.put(np.concatenate([[self._zero], *parts]).tobytes())

    def wait_until(self, time: float) -> None:
        """Sleep until the clock shows `time`, s; at once if it is past."""
        ahead = time - self.time
        if ahead > 0.0:
            clock.sleep(ahead)

    @property
    def q(self) -> Array:
        """(nq,) true configuration, as of the last `read`; so the others."""
        return self._layout.part(self._values, "q")

    @property
    def v(self) -> Array:
        """(nv,) true velocity, base parts in the base frame."""
        return self._layout.part(self._values, "v")

    @property
    def contact_forces(self) -> Array:
        """(nc, 6) force and moment on each contact, as `Simulation.contact_forces`."""
        return self._layout.part(self._values, "contact_forces")

    @property
    def pushing_force(self) -> Array:
        """(3,) force of a push, world axes, N."""
        return self._layout.part(self._values, "pushing_force")

    def push(self, force: Any, duration: float) -> None:
        """Push the base with `force`, (3,) N in world axes, for `duration` s."""
        self._send(("push", np.asarray(force, dtype=float), float(duration)))

    def close(self) -> None:
        """End the robot."""
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._commands.close()
        self._samples.close()

    def _send(self, message: Any) -> None:
        stream: Any = self._process.stdin
        pickle.dump(message, stream)
        stream.flush()

    def __enter__(self) -> RobotProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Layout:
    """Places of a sample's and of the truth's fields in one vector."""

    def __init__(self, robot: RobotModel) -> None:
        self._sensors: dict[str, tuple[int, ...]] = {"time": (1,), **sensor_shapes(robot)}
        shapes = self._sensors | {
            "present": (len(self._sensors),),  # 0 for what the robot does not measure
            "q": (robot.nq,),
            "v": (robot.nv,),
            "contact_forces": (robot.nc, 6),
            "pushing_force": (3,),
            "zero": (1,),  # last: the robot's zero time by the clock
        }
        self._places, at = {}, 0
        for name, shape in shapes.items():
            self._places[name] = (slice(at, at + math.prod(shape)), shape)
            at += math.prod(shape)
        self.empty = np.zeros(at)
        self.command_size = 8 * (1 + len(_COMMAND) * robot.nj)  # bytes, and the robot's zero time

    def part(self, values: Array, name: str) -> Array:
        """One field."""
        place, shape = self._places[name]
        return values[place].reshape(shape)

    def sensors(self, values: Array) -> SensorData:
        """The sample."""
        known = self.part(values, "present")
        found: dict[str, Any] = {
            name: self.part(values, name) if known[i] else None
            for i, name in enumerate(self._sensors)
        }
        found["time"] = float(values[0])
        return SensorData(**found)

    def pack(self, sensors: SensorData, truth: Mapping[str, Any]) -> Array:
        """One vector of everything."""
        values = self.empty.copy()
        for i, name in enumerate(self._sensors):
            value = getattr(sensors, name)
            self.part(values, "present")[i] = value is not None
            if value is not None:
                self.part(values, name)[...] = value
        for name, value in truth.items():
            self.part(values, name)[...] = value
        return values


def main() -> None:
    """The robot's process: simulates until its standard input ends."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing but the answer on the pipe
    robot, (commands, samples), period, lying, priority, options = pickle.load(stdin)
    try:
        simulation = Simulation(robot, **options)
        simulation.reset(lying=lying)
    except (SurefootError, TypeError) as error:
        pickle.dump(str(error), stdout)
        stdout.flush()
        return
    asked: queue.SimpleQueue[tuple[str, Array, float]] = queue.SimpleQueue()

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                asked.put(pickle.load(stdin))
        os._exit(0)  # the program has closed it, or has ended

    threading.Thread(target=listen, daemon=True).start()
    layout = _Layout(robot)
    inbox, outbox = Mailbox(layout.command_size, commands), Mailbox(layout.empty.nbytes, samples)

    def publish(zero: float) -> None:
        truth = {name: getattr(simulation, name) for name in _TRUTH}
        outbox.put(layout.pack(simulation.sensors(), truth | {"zero": zero}).tobytes())

    publish(0.0)
    pickle.dump(None, stdout)
    stdout.close()
    if priority > 0:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    while (message := inbox.get()) is None:
        clock.sleep(_LOOK)
    zero, command = _unpacked(message[1])
    while True:
        simulation.step(command, period)
        publish(zero)
        ahead = zero + simulation.time + period - clock.monotonic()
        if ahead < -_LAG:
            zero -= ahead
        clock.sleep(max(0.0, ahead))
        while not asked.empty():
            _, force, duration = asked.get()
            simulation.push(force, duration)
        message = inbox.get() or message
        _, command = _unpacked(message[1])


def _unpacked(message: bytes) -> tuple[float, JointCommand]:
    values = np.frombuffer(message)
    return float(values[0]), JointCommand(*values[1:].reshape(len(_COMMAND), -1))
