"""List the robots that come with Surefoot."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from surefoot.cli._output import print_table, write_json
from surefoot.robots import RobotModel, load_robot, robot_names


def main(json: Path | None = None) -> None:
    """List the robots that come with Surefoot.

    Parameters
    ----------
    json
        Also write the table to this file.
    """
    robots = [load_robot(name) for name in robot_names()]
    table = Table("robot", "mass [kg]", "height [m]", "joints", "contacts", "gaits")
    for robot in robots:
        table.add_row(
            robot.name,
            f"{robot.mass:.1f}",
            f"{robot.config.posture.height:.2f}",
            str(robot.nj),
            " ".join(robot.contact_names),
            " ".join(robot.config.gaits),
        )
    print_table(table)
    if json is not None:
        write_json(json, {"rows": [_row(robot) for robot in robots]})


def _row(robot: RobotModel) -> dict[str, object]:
    return {
        "robot": robot.name,
        "mass_kg": robot.mass,
        "height_m": robot.config.posture.height,
        "joints": robot.nj,
        "contacts": list(robot.contact_names),
        "gaits": list(robot.config.gaits),
    }
