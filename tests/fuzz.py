"""Nonsense for the controller and for robot files, by seed.

Run by hand for another amount: ``python tests/fuzz.py steps 100000 [SEED]``; ``spoiled`` (every
sample) or ``files`` in place of ``steps``.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

import surefoot as sf
from surefoot.data import RobotError, SurefootError
from surefoot.robots.files import LIBRARY, read_config
from surefoot.sim import Simulation
from surefoot.sim.command_check import wrong_command
from surefoot.sim.falls import FallDetector

PERIOD = 0.002
NUMBERS = (
    *(0.0, -0.0, 1.0, -1.0, 1e-320, 1e-30, 1e3, -1e3, 1e6, 1e9, -1e12, 1e30, 1e150, -1e300),
    *(1.7e308, np.inf, -np.inf, np.nan),
)
SPOILED = [item.name for item in fields(sf.SensorData) if item.name != "time"]
# Of bursts of nonsense in a tick; while it rises a robot is mostly left alone.
RATES = {"stand": 0.006, "walk": 0.006, "stop": 0.006, "sit": 0.006, "fault": 0.05}
GIVEN_UP = ("fault", "damping", "passive")


class ClosedLoop:
    """A robot in simulation whose sensors, commands and requests are spoiled at random.

    It is stood up again whenever it fell or gave up, so that every phase is met again and again.
    """

    def __init__(self, robot: sf.RobotModel, seed: int) -> None:
        self.robot, self.random = robot, np.random.default_rng(seed)
        self.simulation = Simulation(robot, seed=seed)
        self.controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=True))
        self.refused: Counter[str] = Counter()
        self.spoiled = 0
        self.faults: Counter[str] = Counter()
        self.phases: Counter[str] = Counter()
        self._stand_up()

    def run(self, inputs: int) -> None:
        """Feed so many samples; raises AssertionError on a command that must not be sent."""
        burst, mild = 0, False
        for _ in range(inputs):
            random = self.random
            if burst == 0 and random.random() < RATES.get(self.controller.phase.value, 0.0002):
                burst, mild = int(random.integers(1, 20)), bool(random.random() < 0.5)
                self._request()
            sample = self.sensors
            if burst > 0:
                burst -= 1
                self.spoiled += 1
                sample = self._shaken(sample) if mild else self._spoil(sample)
            command = self._step(sample)
            self.phases[self.controller.phase.value] += 1
            if command is None:  # refused: the robot keeps the last command
                command = self.last
            problem = wrong_command(self.robot, command)
            assert not problem, f"{problem} after {sample}"
            self.last = command
            self.sensors = self.simulation.step(command, PERIOD)
            if self._lost():
                self._stand_up()
                burst = 0

    def run_spoiled(self, inputs: int) -> None:
        """Feed so many samples, every one spoiled, without the simulation; phases are few."""
        self.sensors = self.simulation.reset()
        for k in range(inputs):
            if k % 50 == 0:
                self.controller.reset()
                self.controller.stand()
            self.sensors = replace(self.sensors, time=PERIOD * (k % 50 + 1))
            mild = self.random.random() < 0.3
            sample = self._shaken(self.sensors) if mild else self._spoil(self.sensors)
            self.spoiled += 1
            command = self._step(sample)
            if command is not None:
                problem = wrong_command(self.robot, command)
                assert not problem, f"{problem} after {sample}"

    def _step(self, sample: Any) -> sf.JointCommand | None:
        try:
            return self.controller.step(sample)
        except SurefootError as error:
            self.refused[type(error).__name__] += 1
            return None

    def _stand_up(self) -> None:
        self.faults.update(t.reason for t in self.controller.history if t.after == "fault")
        self.sensors = self.simulation.reset(
            lying=self.robot.can_lie and bool(self.random.random() < 0.1)
        )
        self.controller.reset()
        self.controller.stand()
        self.controller.gait = self.robot.walking_gaits[0]
        self.controller.command = sf.VelocityCommand(vx=0.4)
        self.detector: FallDetector | None = None
        self.waiting = 0
        self.last = sf.JointCommand(*(np.zeros(self.robot.nj) for _ in range(5)))

    def _lost(self) -> bool:
        phase = self.controller.phase.value
        if phase in ("walk", "stop") and self.detector is None:
            self.detector = FallDetector(self.simulation)
        self.waiting = self.waiting + 1 if phase in GIVEN_UP else 0
        fallen = self.detector is not None and self.detector.check() is not None
        patience = 1500 if phase == "passive" else 300
        return self.waiting > patience or (fallen and self.waiting > 50)

    def _number(self) -> float:
        random = self.random
        if random.random() < 0.6:
            return float(random.choice(NUMBERS))
        return float(random.normal() * 10.0 ** random.integers(-3, 12))

    def _shaken(self, sample: sf.SensorData) -> sf.SensorData:
        """All values plausible, none right."""
        values = {name: getattr(sample, name) for name in SPOILED}
        noise = {
            name: value * (1.0 + 0.2 * self.random.normal(size=len(value)))
            for name, value in values.items()
            if value is not None
        }
        return replace(sample, **noise)

    def _spoil(self, sample: sf.SensorData) -> Any:
        random = self.random
        if random.random() < 0.005:
            return random.choice(np.array([None, 3, "sensors"], dtype=object))
        sample = replace(sample)
        for name in random.choice(SPOILED, size=int(random.integers(1, 4))):
            value = getattr(self.sensors, name)
            kind = random.random()
            if kind < 0.04:  # another shape or type
                strange = [None, [], "x", np.zeros(3), np.zeros((2, 2)), 1.0, np.zeros(12, int)]
                setattr(sample, name, strange[int(random.integers(len(strange)))])
            elif value is not None:
                spoiled = np.array(value, dtype=float)
                if kind < 0.2:
                    spoiled[:] = self._number()
                else:
                    spoiled[random.integers(len(spoiled))] = self._number()
                setattr(sample, name, spoiled)
        if random.random() < 0.01:
            sample.time = random.choice([self._number(), sample.time - 1.0, sample.time + 0.03])
            if np.isfinite(sample.time) and sample.time > self.sensors.time + 0.1:
                sample.time = self.sensors.time  # else every later sample would be from the past
        return sample

    def _request(self) -> None:
        random, controller = self.random, self.controller
        kind = int(random.integers(8))
        gaits = list(self.robot.config.gaits)
        try:
            if kind == 0:
                controller.command = sf.VelocityCommand(*(self._number() for _ in range(3)))
            elif kind == 1:
                controller.gait = str(random.choice([*gaits, "waltz"]))
            elif kind == 2:
                controller.sit()
            elif kind == 3:
                controller.stall(float(random.uniform(0.0, 0.5)))
            elif kind == 4:
                controller.command = self._number()  # type: ignore[assignment]
            else:  # mostly back to walking
                controller.stand()
                controller.gait = str(random.choice(gaits))
                vx, vy, yaw_rate = random.uniform(-0.6, 0.6, 3)
                controller.command = sf.VelocityCommand(vx, vy, yaw_rate)
        except SurefootError as error:
            self.refused[type(error).__name__] += 1


LITERALS = (
    *("-1.0", "0.0", "0", "1", "-3", "1e-300", "1e9", "1e300", "nan", "inf", "-inf", "true"),
    *("''", "'x'", "'all'", "'FL_foot'", "[]", "{}", "[0.0, 0.0, 0.0]", "[1.0]", "{ FL = 0.5 }"),
    *(
        "{ '*' = 1e6 }",
        "[{ frame = 'base', kind = 'box', size = [1.0] }]",
        "1979-05-27",
        "[[1], 2]",
    ),
)


class Files:
    """Robot files with a wrong value, a wrong key, or torn text."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.loaded = self.refused = 0
        self.text = (LIBRARY / "go2.toml").read_text(encoding="utf-8")
        self.keys = _leaves(read_config(LIBRARY / "go2.toml").model_dump(), ())
        sensors = Simulation(sf.load_robot("go2")).reset(lying=True)
        self.samples = [replace(sensors, time=PERIOD * k) for k in range(3)]

    def run(self, inputs: int, folder: Path) -> None:
        """Load so many files; one that loads must make a controller whose commands are right."""
        path = folder / "robot.toml"
        for _ in range(inputs):
            text = self._text()
            path.write_bytes(text)
            try:
                robot = sf.load_robot(path)
            except RobotError:
                self.refused += 1
                continue
            self.loaded += 1
            try:
                controller = sf.Controller(robot)
                controller.stand()
                for sample in self.samples:
                    problem = wrong_command(robot, controller.step(sample))
                    assert not problem, f"{problem} with {text!r}"
            except SurefootError:
                self.refused += 1

    def _text(self) -> bytes:
        random = self.random
        kind = random.random()
        if kind < 0.2:  # torn
            raw = bytearray(self.text.encode())
            for _ in range(int(random.integers(1, 6))):
                begin = int(random.integers(len(raw)))
                end = begin + int(random.integers(0, 8))
                raw[begin:end] = random.bytes(int(random.integers(0, 4)))
            if random.random() < 0.3:
                raw = raw[: int(random.integers(len(raw)))]
            return bytes(raw)
        top, tables = ["extends = 'go2.toml'"], []
        for _ in range(int(random.integers(1, 4))):
            *table, key = self.keys[int(random.integers(len(self.keys)))]
            if random.random() < 0.1:
                key = f"{key}_"
            if random.random() < 0.4:
                value = repr(float(10.0 ** random.uniform(-12, 12)))
            else:
                value = str(random.choice(np.array(LITERALS, dtype=object)))
            line = f"{key} = {value}"
            if table:
                tables += [f"[{'.'.join(table)}]", line]
            else:
                top.append(line)
        return "\n".join([*top, *tables]).encode()


def _leaves(table: dict[str, Any], path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Path of every table and of every value in it."""
    found = []
    for key, value in table.items():
        found.append((*path, str(key)))
        if isinstance(value, dict) and all(str(name).isidentifier() for name in value):
            found += _leaves(value, (*path, str(key)))
    return found


def main() -> None:
    what, inputs = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    if what in ("steps", "spoiled"):
        loop = ClosedLoop(sf.load_robot("go2"), seed)
        (loop.run if what == "steps" else loop.run_spoiled)(inputs)
        report = f"{inputs} samples, {loop.spoiled} spoiled; phases {dict(loop.phases)}; "
        report += f"refused {dict(loop.refused)}; faults {dict(loop.faults)}"
    else:
        files = Files(seed)
        with tempfile.TemporaryDirectory() as folder:
            files.run(inputs, Path(folder))
        report = f"{inputs} files; {files.loaded} loaded, {files.refused} refused"
    sys.stdout.write(report + "\n")


if __name__ == "__main__":
    main()
