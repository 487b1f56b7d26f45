"""Walk in simulation, in closed loop on estimated state, and show it in the browser."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from surefoot.cli._log import logging_to
from surefoot.cli._output import walk_table, write_json
from surefoot.cli._view import watching
from surefoot.data import InputError, VelocityCommand
from surefoot.robots import STAND_GAIT, load_robot
from surefoot.robots.config import Side


def main(
    robot: Annotated[str, tyro.conf.Positional] = "go2",
    vx: float = 0.5,
    vy: float = 0.0,
    yaw_rate: float = 0.0,
    gait: str | None = None,
    duration: float = 20.0,
    seed: int = 0,
    fallen: Side | None = None,
    true_state: bool = False,
    view: bool = True,
    wait: bool = False,
    speed: float = 1.0,
    json: Path | None = None,
    record: Path | None = None,
    log: Path | None = None,
) -> int:
    """Stand up, walk by a velocity command for a while, and say how well it went.

    Exit code 0 if the robot did not fall, 1 if it did.

    Parameters
    ----------
    robot
        Name of a robot that comes with Surefoot, or path of a robot TOML file.
    vx
        Forward velocity, m/s.
    vy
        Leftward velocity, m/s.
    yaw_rate
        Turning rate, rad/s.
    gait
        Of those in the robot file; the first with which it walks if not given.
    duration
        Time after the robot stands, s; the command comes after 1 s of it.
    seed
        Of the sensor noise, and of the pose in which it has fallen.
    fallen
        The side of the base on which it lies at first (top: a quadruped on its back; rear: a
        humanoid on its back); it rights itself before it stands up. Its limbs touch each other.
    true_state
        Give the controller the true state in place of its estimate.
    view
        Serve a page that shows the run.
    wait
        Wait for the page to be opened before the run starts.
    speed
        Simulated seconds per second while the page is open (0.2 is slow motion, 0 does not wait).
    json
        Also write the figures to this file.
    record
        Write a page that replays the run offline to this HTML file.
    log
        Write everything that happened, tick by tick, to this .mcap file (see `surefoot plot`).
    """
    from surefoot.control import Controller, ControllerOptions
    from surefoot.sim import Simulation, run_walk
    from surefoot.sim.fallen import fallen_pose

    console = Console(highlight=False, soft_wrap=True)
    command = VelocityCommand(vx, vy, yaw_rate)
    model = load_robot(robot)
    gait = gait or next(iter(model.walking_gaits), STAND_GAIT)
    if gait not in model.config.gaits:
        known = ", ".join(model.config.gaits)
        raise InputError("--gait", f"{model.name} has no gait '{gait}'", f"known: {known}")
    hold = fallen is None and not model.can_lie
    options = ControllerOptions(hold_at_start=hold)
    with (
        watching(model, console, view=view, wait=wait, speed=speed, record=record) as show,
        _progress(console) as on_progress,
        logging_to(log, model, options, console) as writer,
    ):

        def on_tick(tick: Any) -> None:
            show(tick)
            on_progress(tick)

        result = run_walk(
            model,
            Controller(model, options),
            Simulation(model, seed=seed, self_collision=fallen is not None),
            command=command,
            gait=gait,
            duration=duration,
            seed=seed,
            true_state=true_state,
            lying=model.can_lie,
            start=None if fallen is None else fallen_pose(model, fallen, seed),
            on_tick=on_tick,
            log=writer,
        )
    figures = result.metrics
    console.print(walk_table(figures))
    if not figures["survived"]:
        reason = (figures.get("fall") or {}).get("reason", "")
        console.print(f"[red]{model.name} fell: {reason}[/red]")
    if json is not None:
        write_json(json, figures)
    return 0 if figures["survived"] else 1


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[Any]:
    """A bar that follows the ticks; it is refreshed a few times a second only."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, refresh_per_second=5) as progress:
        task = progress.add_task("stand up", total=None, now="")
        count = 0

        def update(tick: Any) -> None:
            nonlocal count
            count += 1
            if count % 50 == 0 and tick.time > 0.0:
                phase = str(getattr(tick.controller.phase, "value", tick.controller.phase))
                progress.update(
                    task,
                    total=tick.duration,
                    completed=tick.time,
                    description=phase.replace("_", " "),
                    now=f"{tick.time:5.1f} / {tick.duration:g} s",
                )

        yield update
