"""A real-time control loop with a keyboard or a gamepad, on a simulated or a real robot.

    python examples/real_time_loop.py                             # go2 in simulation, keyboard
    python examples/real_time_loop.py --source gamepad            # the first gamepad
    python examples/real_time_loop.py --unitree eth0              # a real go2 on that interface
    python examples/real_time_loop.py --source none --vx 0.3 --duration 5 --log run.mcap

Keys: w s forward, a d turn, q e sideways, space stop, 1 2 3 ... gait, x lie down, u stand up,
Escape ends. Gamepad: left stick walks, right stick turns, first button stops.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import struct
import sys
import termios
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from loop_rate_limiters import RateLimiter

import surefoot as sf
from surefoot.control import RobotInterface, real_time
from surefoot.control.commands import damping_command
from surefoot.control.log import LogWriter

STEP = 0.1  # m/s or rad/s for each press of a key
FASTEST = 1.0  # m/s and rad/s at the end of a stick


class Source(Protocol):
    """Says what the robot is to do."""

    def apply(self, controller: sf.Controller) -> bool:
        """Set the controller's command; False ends the program."""


class Fixed:
    """Always the same velocity."""

    def __init__(self, command: sf.VelocityCommand) -> None:
        self.command = command

    def apply(self, controller: sf.Controller) -> bool:
        controller.command = self.command
        return True


class Keyboard:
    """Keys of the terminal (or of a pipe), read without waiting."""

    STEPS = {  # noqa: RUF012
        "w": (1, 0, 0),
        "s": (-1, 0, 0),
        "q": (0, 1, 0),
        "e": (0, -1, 0),
        "a": (0, 0, 1),
        "d": (0, 0, -1),
    }

    def apply(self, controller: sf.Controller) -> bool:
        for key in self._pressed():
            command = controller.command
            if key in self.STEPS:
                dx, dy, turn = (STEP * part for part in self.STEPS[key])
                controller.command = sf.VelocityCommand(
                    command.vx + dx, command.vy + dy, command.yaw_rate + turn
                )
            elif key == " ":
                controller.command = sf.VelocityCommand()
            elif key == "x":
                controller.sit()
            elif key == "u":
                controller.stand()
            elif key.isdigit():
                gaits = list(controller.robot.config.gaits)
                if 1 <= int(key) <= len(gaits):
                    controller.gait = gaits[int(key) - 1]
            elif key == "\x1b":
                return False
        return True

    @staticmethod
    def _pressed() -> str:
        ready, _, _ = select.select([sys.stdin], [], [], 0.0)
        return os.read(sys.stdin.fileno(), 64).decode(errors="ignore") if ready else ""


class Gamepad:
    """Linux's joystick device."""

    EVENT = struct.Struct("<IhBB")  # time, value, type, number
    AXIS, BUTTON = 2, 1

    def __init__(self, device: Path = Path("/dev/input/js0")) -> None:
        self._file = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
        self._axes: dict[int, float] = {}

    def apply(self, controller: sf.Controller) -> bool:
        with contextlib.suppress(BlockingIOError):  # no more events now
            while data := os.read(self._file, self.EVENT.size):
                _, value, kind, number = self.EVENT.unpack(data)
                if kind & self.AXIS:
                    self._axes[number] = -FASTEST * value / 32767.0
                elif kind & self.BUTTON and number == 0:
                    self._axes.clear()
        sideways, forward, turn = (self._axes.get(axis, 0.0) for axis in (0, 1, 3))
        controller.command = sf.VelocityCommand(forward, sideways, turn)
        return True


@contextlib.contextmanager
def single_keys() -> Iterator[None]:
    """Keys come one by one and are not shown, where there is a terminal."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def connect(model: sf.RobotModel, unitree: str | None) -> RobotInterface:
    """The robot: simulated, or a real one on a network interface."""
    if unitree is not None:
        from surefoot.adapters.unitree import UnitreeRobot

        return UnitreeRobot(model, network_interface=unitree)
    simulation = sf.sim.Simulation(model)
    simulation.reset(lying=True)
    return sf.sim.SimulatedRobot(simulation)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--robot", default="go2")
    parser.add_argument("--unitree", metavar="INTERFACE")
    parser.add_argument("--source", choices=("keyboard", "gamepad", "none"), default="keyboard")
    parser.add_argument("--vx", type=float, default=0.0, help="m/s, for --source none")
    parser.add_argument("--gait", default="trot")
    parser.add_argument("--duration", type=float, default=float("inf"), help="s")
    parser.add_argument("--priority", type=int, default=0, help="of the loop, SCHED_FIFO")
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()

    model = sf.load_robot(options.robot)
    robot = connect(model, options.unitree)
    controller = sf.Controller(model)
    controller.gait = options.gait
    controller.stand()
    fixed = Fixed(sf.VelocityCommand(vx=options.vx))
    source: Source = {"keyboard": Keyboard, "gamepad": Gamepad}.get(options.source, lambda: fixed)()
    rate = RateLimiter(frequency=model.config.control.rate, warn=False)
    ticks, begin = 0, robot.time

    with contextlib.ExitStack() as stack:
        stack.enter_context(single_keys())
        log = options.log and stack.enter_context(LogWriter(options.log, model))
        stack.enter_context(real_time(priority=options.priority))
        try:
            while source.apply(controller) and robot.time - begin < options.duration:
                sensors = robot.read()
                command = controller.step(sensors)
                robot.write(command)
                if log:
                    log.tick(controller, sensors, command)
                ticks += 1
                if options.unitree is None:  # a simulated robot's time passes only here
                    robot.wait_until(begin + ticks * rate.period)
                rate.sleep()
        except KeyboardInterrupt:
            pass
        finally:
            robot.write(damping_command(model, robot.read().joint_position))
    state = controller.state
    walked = 0.0 if state is None else float(state.q[0])
    print(f"{ticks} ticks, {controller.phase.value}, {walked:.2f} m forward")


if __name__ == "__main__":
    main()
