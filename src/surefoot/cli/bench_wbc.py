"""Time the whole-body controller along recorded control ticks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from surefoot.cli._output import print_table, write_json
from surefoot.cli._wbc_ticks import Tick, record
from surefoot.robots import RobotModel, load_robot
from surefoot.wbc import WbcStatus, WholeBodyController
from surefoot.wbc.backends import OWN

MODES: tuple[Literal["weighted", "strict"], ...] = ("weighted", "strict")
SOLVERS = (OWN, "osqp", "proxqp", "daqp", "quadprog")


def main(
    robot: tuple[str, ...] = ("go2", "g1"),
    ticks: int = 1000,
    repeats: int = 3,
    solver: tuple[str, ...] = SOLVERS,
    json: Path | None = None,
) -> None:
    """Time one Python call a tick: model terms, task assembly and solve.

    The ticks come from MuJoCo in closed loop: standing, swaying, pushes and, with three or more
    contacts, stepping. Each is solved `repeats` times and the least thread CPU time counts, so that
    the spread is that of the problems and not of a shared machine.

    Parameters
    ----------
    robot
        Robots to time.
    ticks
        Control ticks (500 a second).
    repeats
        Passes over the ticks; one only for solvers other than the own.
    solver
        Solvers of the quadratic programs, on the same ticks. Others than the own one are called
        from C++ through Python, which their times contain. Failures are ticks whose status was not
        SOLVED; where another solver fails the own one takes over.
    json
        File to which the rows are written too.
    """
    rows = []
    for name in robot:
        model = load_robot(name)
        recorded = record(model, ticks)
        for each in solver:
            times = repeats if each == OWN else 1
            rows += [measure(model, recorded, mode, times, each) for mode in MODES]
    print_table(_table(rows))
    if json is not None:
        write_json(json, {"rows": rows})


def measure(
    robot: RobotModel,
    ticks: list[Tick],
    mode: Literal["weighted", "strict"],
    repeats: int,
    solver: str = OWN,
) -> dict[str, Any]:
    """One row of the benchmark."""
    elapsed = np.full(len(ticks), np.inf)
    parts = ("model", "assembly", "factorisation", "qp")
    split = {part: np.full(len(ticks), np.inf) for part in parts}
    failures = 0
    controller = WholeBodyController(robot, mode, solver=solver)
    for index_pass in range(repeats):
        controller.reset()
        for index, tick in enumerate(ticks):
            begin = time.thread_time_ns()
            result = controller.solve(tick.state, tick.sample, tick.contacts)
            spent = (time.thread_time_ns() - begin) * 1e-3
            failures += index_pass == 0 and result.status is not WbcStatus.SOLVED
            elapsed[index] = min(elapsed[index], spent)
            for part, value in result.split_us.items():
                split[part][index] = min(split[part][index], value)
    kkt, allocations = controller.verify((t.state, t.sample, t.contacts) for t in ticks)
    return {
        "robot": robot.name,
        "mode": mode,
        "levels": len(controller.stack.levels),
        "solver": solver,
        "tick_us": {
            "min": elapsed.min(),
            "median": np.median(elapsed),
            "p99": np.percentile(elapsed, 99),
            "max": elapsed.max(),
        },
        "split_us": {part: float(np.median(values)) for part, values in split.items()},
        "model_terms_us": float(np.median(split["model"])),
        "failures": int(failures),
        "kkt_max": kkt,
        "allocations": allocations,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Whole-body controller, us a tick (thread CPU time)")
    columns = ("robot", "mode", "solver", "min", "median", "p99", "max", "model", "assembly")
    for column in (*columns, "factorisation", "qp", "failures", "kkt max", "allocations"):
        table.add_column(
            column, justify="left" if column in ("robot", "mode", "solver") else "right"
        )
    for row in rows:
        numbers = [*row["tick_us"].values(), *row["split_us"].values()]
        table.add_row(
            row["robot"],
            row["mode"],
            row["solver"],
            *(f"{number:.1f}" for number in numbers),
            str(row["failures"]),
            f"{row['kkt_max']:.1e}",
            str(row["allocations"]),
        )
    return table
