"""Plot a run: figures as PNG and SVG, and one report page; or replay it in a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from surefoot.cli._view import serve


def main(
    log: Annotated[Path, tyro.conf.Positional],
    out: Path | None = None,
    robot: str | None = None,
    record: Path | None = None,
    view: bool = False,
) -> int:
    """Plot a run: figures as PNG and SVG, and one report page with all of them; or replay it.

    Parameters
    ----------
    log
        A .mcap file that `--log` of another command wrote.
    out
        Folder for the figures; beside the log, under its name, if not given.
    robot
        Name or TOML file of the robot, if it is not one that comes with Surefoot.
    record
        Write a page that replays the run, with a time slider, to this HTML file instead.
    view
        Serve that page until Ctrl-C instead.
    """
    from surefoot.robots import load_robot
    from surefoot.sim import Log
    from surefoot.viz.log_replay import record_log
    from surefoot.viz.plots import save_figures
    from surefoot.viz.report import write_report

    console = Console(highlight=False, soft_wrap=True)
    run = Log.load(log)
    model = load_robot(robot or str(run.info["robot"]))
    if record is not None or view:
        recording = record_log(model, run)
        if record is not None:
            recording.save(record)
            console.print(str(record), markup=False)
        if view:
            serve(recording, console)
        return 0
    folder = out or log.with_suffix("")
    paths = save_figures(model, run, folder)
    paths.append(write_report(model, run, folder))
    for path in paths:
        console.print(str(path), markup=False)
    return 0
