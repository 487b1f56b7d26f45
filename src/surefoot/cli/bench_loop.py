"""The control loop in real time: cost of a tick, deadlines, age of the plan."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from surefoot.cli._output import write_json
from surefoot.cli._view import watching
from surefoot.control import Controller, ControllerOptions, real_time
from surefoot.data import InputError, VelocityCommand, finite_number
from surefoot.robots import RobotModel, load_robot
from surefoot.sim import Simulation
from surefoot.sim.scenario import Tick

_SPEED = {4: 0.5, 2: 0.3}  # m/s, by the number of contacts
_STAND_LIMIT = 10.0  # s in which a robot stands up
_ALLOCATION_TICKS = 2000  # with the NMPC in the tick, so that its allocations count too


def main(
    robot: str = "go2",
    duration: float = 60.0,
    rate: float = 1000.0,
    nmpc_rate: float = 100.0,
    priority: int = 0,
    cpu: int | None = None,
    view: bool = False,
    json: Path | None = None,
) -> None:
    """Walk in real time with the NMPC in its own thread, and time every control tick.

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
        Of the control loop under SCHED_FIFO (1 to 99, needs the right to it); 0: as the rest.
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
            loop = real_time(priority=priority, cpu=cpu)
            rows.append(_bench(model, duration, rate, nmpc_rate, loop, show if view else None))
    Console().print(_table(rows))
    if json is not None:
        write_json(json, {"rows": rows})


def _walking_gait(robot: RobotModel) -> str:
    for name in ("trot", "walk"):
        if name in robot.config.gaits:
            return name
    raise InputError("--robot", f"{robot.name} has no gait to walk in")


def _standing(robot: RobotModel, options: ControllerOptions, period: float) -> tuple[Any, ...]:
    """A simulation, its controller and a sample, when the robot stands."""
    simulation = Simulation(robot, seed=0)
    controller = Controller(robot, options)
    sensors = simulation.reset(lying=not options.hold_at_start)
    controller.stand()
    while controller.phase != "stand":
        if simulation.time > _STAND_LIMIT:
            raise InputError("--robot", f"{robot.name} did not stand within {_STAND_LIMIT:g} s")
        sensors = simulation.step(controller.step(sensors), period)
    controller.gait = _walking_gait(robot)
    controller.command = VelocityCommand(vx=_SPEED.get(robot.nc, 0.3))
    return simulation, controller, sensors


def _bench(
    robot: RobotModel,
    duration: float,
    rate: float,
    nmpc_rate: float,
    loop: AbstractContextManager[tuple[str, ...]],
    show: Callable[[Any], None] | None,
) -> dict[str, Any]:
    period, ticks = 1.0 / rate, round(duration * rate)
    choices = ControllerOptions(
        nmpc="thread", nmpc_rate=nmpc_rate, hold_at_start=all(c.size == 6 for c in robot.contacts)
    )
    simulation, controller, sensors = _standing(robot, choices, period)
    spent, age = np.full(ticks, np.nan), np.full(ticks, np.nan)
    late = 0
    shown = Tick(0.0, duration, simulation, controller)
    # A thread that refreshes the bar would hold the interpreter in the middle of a tick.
    with loop, Progress(transient=True, auto_refresh=False) as progress:
        task = progress.add_task(f"{robot.name}, real time", total=duration)
        due = clock.perf_counter()
        first, solved = due, controller.timings.solves
        for tick in range(ticks):
            wait = due - clock.perf_counter()
            if wait > 0.0:
                clock.sleep(wait)
            begin = clock.perf_counter()
            command = controller.step(sensors)
            spent[tick] = clock.perf_counter() - begin
            plan_age = controller.timings.plan_age_ms
            age[tick] = np.nan if plan_age is None else plan_age
            sensors = simulation.step(command, period)
            if show is not None:
                show(shown)
            due += period
            if clock.perf_counter() > due:  # the simulation, not the controller, was slow
                late += 1
                due = clock.perf_counter()
            if tick % round(rate) == 0:
                progress.update(task, completed=tick * period, refresh=True)
        elapsed = clock.perf_counter() - first
    if controller.phase != "walk":
        raise InputError("--robot", f"{robot.name} does not walk any more: {controller.history}")
    age = age[np.isfinite(age)]
    return {
        "robot": robot.name,
        "rate_hz": rate,
        "duration_s": duration,
        "step_us": {
            "median": 1e6 * float(np.median(spent)),
            "p99": 1e6 * float(np.percentile(spent, 99.0)),
            "p999": 1e6 * float(np.percentile(spent, 99.9)),
            "max": 1e6 * float(spent.max()),
        },
        "misses": int((spent > period).sum()),
        "plan_age_ms": {"median": float(np.median(age)), "max": float(age.max())},
        "nmpc_hz": (controller.timings.solves - solved) / elapsed,
        "allocations_per_tick": _allocations(robot, choices, period),
        "late_simulation_ticks": late,
        "late_solves": controller.timings.late_solves,
    }


def _allocations(robot: RobotModel, choices: ControllerOptions, period: float) -> float:
    """Heap allocations of a tick of walking, the solves of the NMPC included."""
    inline = ControllerOptions(hold_at_start=choices.hold_at_start)
    simulation, controller, sensors = _standing(robot, inline, period)
    count = 0
    for _ in range(_ALLOCATION_TICKS):
        command = controller.step(sensors)
        count += controller.timings.allocations
        sensors = simulation.step(command, period)
    return count / _ALLOCATION_TICKS


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Controller.step in real time (wall clock)")
    columns = ("median us", "p99", "p99.9", "max", "misses", "plan age ms", "max", "NMPC Hz")
    for column in ("robot", *columns, "allocations"):
        table.add_column(column, justify="left" if column == "robot" else "right")
    for row in rows:
        step, age = row["step_us"], row["plan_age_ms"]
        table.add_row(
            row["robot"],
            *(f"{step[name]:.0f}" for name in ("median", "p99", "p999", "max")),
            str(row["misses"]),
            f"{age['median']:.1f}",
            f"{age['max']:.1f}",
            f"{row['nmpc_hz']:.0f}",
            f"{row['allocations_per_tick']:g}",
        )
    return table
