"""The control loop in real time: cost of a tick, deadlines, age of the plan."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from surefoot.cli._output import print_table, write_json
from surefoot.cli._view import watching
from surefoot.control import Controller, ControllerOptions, real_time
from surefoot.data import InputError, VelocityCommand, finite_number
from surefoot.robots import RobotModel, load_robot
from surefoot.sim import RobotProcess, Simulation

_SPEED = {4: 0.5, 2: 0.3}  # m/s, by the number of contacts
_STAND_LIMIT = 10.0  # s in which a robot stands up
_ALLOCATION_TICKS = 2000  # with the NMPC in the tick, so that its allocations count too


def main(
    robot: str = "go2",
    duration: float = 60.0,
    rate: float = 1000.0,
    nmpc_rate: float = 100.0,
    priority: int = 80,
    cpu: int | None = None,
    view: bool = False,
    json: Path | None = None,
) -> None:
    """Walk in real time with the NMPC in its own thread, and time every control tick.

    The robot is simulated in a process of its own.

    Parameters
    ----------
    robot
        Robot, or "all".
    duration
        s of walking, wall clock.
    rate
        Control ticks per second.
    nmpc_rate
        Solves per second.
    priority
        Of the control loop under SCHED_FIFO (1 to 99, where the system grants it); 0: as the rest.
    cpu
        CPU that the control loop is bound to; any if not given.
    view
        Serve a page that shows the walk; what it draws costs time beside the control tick.
    json
        Also write the figures there.
    """
    for name, value in (("duration", duration), ("rate", rate), ("nmpc-rate", nmpc_rate)):
        if not finite_number(f"--{name}", value) > 0.0:
            raise InputError(f"--{name}", f"{value} must be positive")
    names = ("go2", "g1") if robot == "all" else (robot,)
    rows = []
    for name in names:
        model = load_robot(name)
        with watching(model, Console(), view=view, speed=0.0) as show:  # the bench keeps the time
            shown = show if view else None
            rows.append(_bench(model, duration, rate, nmpc_rate, priority, cpu, shown))
    print_table(_table(rows))
    if json is not None:
        write_json(json, {"rows": rows})


def _walking_gait(robot: RobotModel) -> str:
    for name in ("trot", "walk"):
        if name in robot.config.gaits:
            return name
    raise InputError("--robot", f"{robot.name} has no gait to walk in")


def _bench(
    robot: RobotModel,
    duration: float,
    rate: float,
    nmpc_rate: float,
    priority: int,
    cpu: int | None,
    show: Callable[[Any], None] | None,
) -> dict[str, Any]:
    period = 1.0 / rate
    choices = ControllerOptions(
        nmpc="thread", nmpc_rate=nmpc_rate, hold_at_start=all(c.size == 6 for c in robot.contacts)
    )
    controller = Controller(robot, choices)
    # A thread that refreshes the bar would hold the interpreter in the middle of a tick.
    with (
        RobotProcess(
            robot, rate=rate, lying=not choices.hold_at_start, priority=max(0, priority - 10)
        ) as interface,
        Progress(transient=True, auto_refresh=False) as progress,
        real_time(priority=priority, cpu=cpu),
    ):
        task = progress.add_task(f"{robot.name}, real time", total=duration)
        loop = _Loop(interface, controller, period, show)
        controller.stand()
        while controller.phase != "stand":
            if interface.time > _STAND_LIMIT:
                raise InputError("--robot", f"{robot.name} did not stand in {_STAND_LIMIT:g} s")
            loop.tick()
        controller.gait = _walking_gait(robot)
        controller.command = VelocityCommand(vx=_SPEED.get(robot.nc, 0.3))
        loop.forget()
        begin, solved, stolen_before = interface.time, controller.timings.solves, _stolen_ms()
        while (walked := interface.time - begin) < duration:
            loop.tick()
            if loop.ticks % round(rate) == 0:
                progress.update(task, completed=walked, refresh=True)
        solved = controller.timings.solves - solved
        stolen = _stolen_ms() - stolen_before
    if controller.phase != "walk":
        raise InputError("--robot", f"{robot.name} does not walk any more: {controller.history}")
    spent, busy = 1e6 * np.array(loop.spent), 1e6 * np.array(loop.busy)
    age = np.array(loop.plan_age, dtype=float)
    age = age[np.isfinite(age)]
    return {
        "robot": robot.name,
        "rate_hz": rate,
        "duration_s": duration,
        "step_us": {
            "median": float(np.median(spent)),
            "p99": float(np.percentile(spent, 99.0)),
            "p999": float(np.percentile(spent, 99.9)),
            "max": float(spent.max()),
        },
        "step_cpu_us": {"median": float(np.median(busy)), "max": float(busy.max())},
        "misses": loop.misses,
        "plan_age_ms": {"median": float(np.median(age)), "max": float(age.max())},
        "nmpc_hz": solved / walked,
        "allocations_per_tick": _allocations(robot, choices, period),
        "stolen_ms": stolen if np.isfinite(stolen) else None,
        "late_ticks": loop.late,
        "stale_samples": loop.stale,
        "late_solves": controller.timings.late_solves,
    }


class _Loop:
    """A control loop that measures its ticks.

    Attributes
    ----------
    ticks
        So far.
    spent, busy, plan_age
        Of each step since `forget`: s by the clock, s of the thread's CPU time, ms.
    misses
        Steps that took longer than a period.
    late
        Ticks that the system began later than a period after they were due.
    stale
        Ticks in which there was no new sample.
    """

    def __init__(
        self,
        interface: RobotProcess,
        controller: Controller,
        period: float,
        show: Callable[[Any], None] | None,
    ) -> None:
        self.ticks = 0
        self._interface, self._controller, self._period = interface, controller, period
        self._show, self._shown = show, SimpleNamespace(simulation=interface, controller=controller)
        self._last = -np.inf
        # A sample is there some time after its stamp: tick between two.
        self._due = interface.read().time + 0.6 * period
        self.forget()

    def forget(self) -> None:
        """Measure from now on."""
        self.spent: list[float] = []
        self.busy: list[float] = []
        self.plan_age: list[float | None] = []
        self.misses = self.late = self.stale = 0

    def tick(self) -> None:
        """Wait for the next time, and control."""
        interface, controller = self._interface, self._controller
        self.ticks += 1
        self._due += self._period
        interface.wait_until(self._due)
        behind = interface.time - self._due
        if behind > self._period:
            self.late += 1
            self._due += behind
        sensors = interface.read()
        if sensors.time <= self._last:
            self.stale += 1
            return
        self._last = sensors.time
        busy, begin = clock.thread_time(), clock.perf_counter()
        command = controller.step(sensors)
        spent = clock.perf_counter() - begin
        busy = clock.thread_time() - busy
        interface.write(command)
        self.spent.append(spent)
        self.busy.append(busy)
        if spent > self._period:
            self.misses += 1
            self._due += spent
        self.plan_age.append(controller.timings.plan_age_ms)
        if self._show is not None:
            self._show(self._shown)


def _allocations(robot: RobotModel, choices: ControllerOptions, period: float) -> float:
    """Heap allocations of a tick of walking, the solves of the NMPC included."""
    simulation = Simulation(robot, seed=0)
    controller = Controller(robot, ControllerOptions(hold_at_start=choices.hold_at_start))
    sensors = simulation.reset(lying=not choices.hold_at_start)
    controller.stand()
    count = walked = 0
    while walked < _ALLOCATION_TICKS:
        sensors = simulation.step(controller.step(sensors), period)
        if controller.phase == "stand":
            controller.gait = _walking_gait(robot)
            controller.command = VelocityCommand(vx=_SPEED.get(robot.nc, 0.3))
        elif controller.phase == "walk":
            count += controller.timings.allocations
            walked += 1
    return count / _ALLOCATION_TICKS


def _stolen_ms() -> float:
    """Time that a virtual machine's host has taken from its processors so far; NaN: not told."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
        return 1e3 * float(fields[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return float("nan")


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Controller.step in real time (wall clock)")
    columns = (
        "median us",
        "p99",
        "p99.9",
        "max",
        "max of CPU",
        "misses",
        "late",
        "stolen ms",
        "plan age ms",
        "max",
        "NMPC Hz",
    )
    for column in ("robot", *columns, "allocations"):
        table.add_column(column, justify="left" if column == "robot" else "right")
    for row in rows:
        step, age = row["step_us"], row["plan_age_ms"]
        table.add_row(
            row["robot"],
            *(f"{step[name]:.0f}" for name in ("median", "p99", "p999", "max")),
            f"{row['step_cpu_us']['max']:.0f}",
            str(row["misses"]),
            str(row["late_ticks"]),
            "-" if row["stolen_ms"] is None else f"{row['stolen_ms']:.0f}",
            f"{age['median']:.1f}",
            f"{age['max']:.1f}",
            f"{row['nmpc_hz']:.0f}",
            f"{row['allocations_per_tick']:g}",
        )
    return table
