"""Run the standard scenarios closed loop and tabulate success and tracking."""

from __future__ import annotations

import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from surefoot.cli._output import print_table, write_json
from surefoot.cli._view import watching
from surefoot.control import Controller, ControllerOptions
from surefoot.data import InputError
from surefoot.robots import STAND_GAIT, load_robot
from surefoot.sim.pushes import DIRECTIONS, push_limit, push_once
from surefoot.sim.scenarios import MakeController, run_scenario, standard_set, summary

_PHASES = 6  # of the gait, at which pushes are tried


def main(
    robot: str = "go2",
    /,
    group: list[str] | None = None,
    seeds: int = 3,
    gait: str | None = None,
    true_state: bool = False,
    jobs: int = 1,
    view: bool = False,
    json: Path | None = None,
) -> None:
    """Run the standard scenarios closed loop and tabulate success and tracking.

    Parameters
    ----------
    robot
        Library name, or path of a robot file.
    group
        Only these groups, one or more of stand, velocity, gaits, slope, tiles, stairs, slippery,
        payload, faults; or push (slow; only on request).
    seeds
        How many seeds each scenario is run with.
    gait
        To walk with; the first of the robot file's if not given.
    true_state
        Control on the true state instead of the estimate.
    jobs
        How many runs at a time, each in a process of its own.
    view
        Serve a page that shows each run; not with several jobs.
    json
        Also write the figures to this file, every single run among them.
    """
    if seeds < 1 or jobs < 1:
        raise InputError("--seeds, --jobs", "must be at least 1")
    if view and jobs > 1:
        raise InputError("--view", "shows one run at a time", "leave out --jobs")
    model = load_robot(robot)
    gait = gait or next(iter(model.walking_gaits), STAND_GAIT)
    scenarios = standard_set(model, gait)
    groups = {scenario.group for scenario in scenarios} | {"push"}
    wanted = set(group or groups - {"push"})
    if unknown := wanted - groups:
        raise InputError("--group", f"no {sorted(unknown)}", f"known: {', '.join(sorted(groups))}")
    console = Console()
    work = [
        (robot, gait, index, seed, true_state)
        for index, scenario in enumerate(scenarios)
        if scenario.group in wanted
        for seed in range(seeds)
    ]
    runs: list[dict[str, Any]] = []
    with Progress(console=console) as progress:
        bar = progress.add_task("scenarios", total=len(work), visible=bool(work))
        for row in _watched(work, progress.console) if view else _map(_run, work, jobs):
            runs.append(row)
            progress.advance(bar)
    by_scenario: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in runs:
        by_scenario[row["group"], row["scenario"]].append(row)
    rows = [summary(same) for same in by_scenario.values()]
    if rows:
        print_table(_table(rows))
        _print_falls(console, rows)
    pushes = _pushes(console, robot, gait, jobs) if "push" in wanted else []
    if json is not None:
        write_json(json, {"rows": rows, "runs": runs, "pushes": pushes})


def _map(function: Any, work: list[Any], jobs: int) -> Iterator[Any]:
    if jobs == 1:
        yield from map(function, work)
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(function, work)


_Work = tuple[str, str, int, int, bool]


def _run(item: _Work, on_tick: Callable[[Any], None] | None = None) -> dict[str, Any]:
    name, gait, index, seed, true_state = item
    robot = load_robot(name)
    scenario = standard_set(robot, gait)[index]
    make = _controller(hold=not scenario.lying)
    result = run_scenario(robot, make, scenario, seed=seed, true_state=true_state, on_tick=on_tick)
    return result.metrics


def _watched(work: list[_Work], console: Console) -> Iterator[dict[str, Any]]:
    """One run after the other, all shown at one address; a page follows to the next ground."""
    port: int | None = None
    for item in work:
        name, gait, index, seed, _ = item
        robot = load_robot(name)
        scenario = standard_set(robot, gait)[index]
        console.print(f"{scenario.group} {scenario.name}, seed {seed}", markup=False)
        ground = None if scenario.make_terrain is None else scenario.make_terrain(seed)
        with watching(robot, console, view=True, terrain=ground, port=port) as show:
            assert show.viewer is not None
            port = show.viewer.port
            yield _run(item, show)


def _controller(hold: bool) -> MakeController:
    """Makes controllers that hold their joints until they stand, for robots put on their feet."""
    return lambda robot: Controller(robot, ControllerOptions(hold_at_start=hold))


def _push(item: tuple[str, str, str, float]) -> dict[str, Any]:
    name, gait, direction, phase = item
    robot = load_robot(name)

    make = _controller(hold=not robot.can_lie)

    def survives(speed: float) -> bool:
        return push_once(
            robot, make, speed=speed, direction=direction, phase=phase, gait=gait
        ).survived

    return {"direction": direction, "phase": phase, "limit_m_s": push_limit(survives)}


def _pushes(console: Console, robot: str, gait: str, jobs: int) -> list[dict[str, Any]]:
    work = [(robot, gait, name, k / _PHASES) for name in DIRECTIONS for k in range(_PHASES)]
    rows: list[dict[str, Any]] = []
    with Progress(console=console) as progress:
        bar = progress.add_task("pushes", total=len(work))
        for row in _map(_push, work, jobs):
            rows.append(row)
            progress.advance(bar)
    table = Table("push", "weakest phase [m/s]", "strongest phase [m/s]")
    for name in DIRECTIONS:
        limits = [row["limit_m_s"] for row in rows if row["direction"] == name]
        table.add_row(name, f"{min(limits):.2f}", f"{max(limits):.2f}")
    print_table(table)
    return rows


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = {
        "vx": ("rmse_stride_vx", ".3f"),
        "yaw": ("rmse_stride_yaw_rate", ".3f"),
        "roll": ("roll_rms_deg", ".2f"),
        "pitch": ("pitch_rms_deg", ".2f"),
        "slip": ("slip", ".3f"),
        "CoT": ("cost_of_transport", ".2f"),
        "RTF": ("real_time_factor", ".1f"),
    }
    table = Table(
        "scenario",
        "success",
        *columns,
        caption="vx, yaw: stride RMSE of speed, m/s and rad/s; roll, pitch: RMS, deg; slip: m/s; "
        "CoT: cost of transport; RTF: real-time factor. Medians over the seeds.",
    )
    for row in rows:
        values = (
            "-" if row[key] is None else format(row[key], style) for key, style in columns.values()
        )
        name = f"{row['group']} {row['scenario']}"
        table.add_row(name, f"{row['successes']}/{row['runs']}", *values)
    return table


def _print_falls(console: Console, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for reason, count in Counter(row["falls"]).items():
            console.print(f"{row['group']} {row['scenario']}: {count} x {reason}")
