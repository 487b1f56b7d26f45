"""Check a robot file and the description it points to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from surefoot.cli._output import write_json
from surefoot.data import RobotError
from surefoot.robots import load_robot


def main(file: Annotated[str, tyro.conf.Positional], json: Path | None = None) -> int:
    """Check a robot file: exit code 0 if it is right, 1 with every problem and its remedy if not.

    Parameters
    ----------
    file
        Path of a robot TOML file, or the name of a robot that comes with Surefoot.
    json
        Also write the outcome to this file.
    """
    console = Console(highlight=False, soft_wrap=True)
    problems: list[str] = []
    try:
        robot = load_robot(file)
    except RobotError as error:
        problems = error.problems
        console.print(f"{file}: {len(problems)} problem(s)", style="red", markup=False)
        for problem in problems:
            console.print(f"  - {problem}", markup=False)
    else:
        console.print(f"{file}: right", style="green", markup=False)
        console.print(
            f"  {robot.name}: {robot.mass:.2f} kg, {robot.nj} joints,"
            f" contacts {', '.join(robot.contact_names)}, gaits {', '.join(robot.config.gaits)}",
            markup=False,
        )
    if json is not None:
        write_json(json, {"file": file, "valid": not problems, "problems": problems})
    return 1 if problems else 0
