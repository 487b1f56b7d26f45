"""Run estimator and controller again on the sensors of a log, and find the first difference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from surefoot.cli._output import write_json
from surefoot.cli._view import serve


def main(
    log: Annotated[Path, tyro.conf.Positional],
    robot: str | None = None,
    view: bool = False,
    json: Path | None = None,
) -> int:
    """Run estimator and controller again on the sensors of a log, and find the first difference.

    Exit code 0 if every tick came out again bit for bit, 1 if one did not.

    Parameters
    ----------
    log
        A .mcap file that `--log` of another command wrote.
    robot
        Name or TOML file of the robot, if it is not one that comes with Surefoot.
    view
        Then serve a page that replays the logged run, with a time slider, until Ctrl-C.
    json
        Also write the figures to this file.
    """
    from surefoot.control.log import LogReader
    from surefoot.control.replay import replay
    from surefoot.robots import load_robot
    from surefoot.sim import Log
    from surefoot.viz.log_replay import record_log

    console = Console(highlight=False, soft_wrap=True)
    reader = LogReader(log)
    model = load_robot(robot or reader.robot)
    if model.config.model_dump(mode="json") != reader.config:
        console.print("note: the robot file is not the one of the log any more")
    result = replay(reader, model)
    difference = result.difference
    figures = {
        "robot": model.name,
        "ticks": result.ticks,
        "duration_s": result.duration,
        "identical": difference is None,
        "difference": None
        if difference is None
        else {
            "tick": difference.number,
            "time_s": difference.time,
            "what": difference.what,
            "logged": difference.logged,
            "replayed": difference.replayed,
        },
    }
    if difference is None:
        console.print(f"{result.ticks} ticks, {result.duration:.3f} s: identical, bit for bit")
    else:
        console.print(
            f"tick {difference.number} at {difference.time:.3f} s differs: {difference.what} "
            f"was {difference.logged!r}, is {difference.replayed!r}",
            markup=False,
        )
    if json is not None:
        write_json(json, figures)
    if view:
        serve(record_log(model, Log.load(log)), console)
    return 0 if difference is None else 1
