"""Write a robot with all its options to a file for C++ programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from surefoot.control.export import export_robot
from surefoot.data import InputError
from surefoot.robots import load_robot


def main(
    robot: Annotated[str, tyro.conf.Positional], file: Annotated[Path, tyro.conf.Positional]
) -> None:
    """Write a robot with all its options to a file that ``surefoot::read_robot`` reads.

    Parameters
    ----------
    robot
        Library name, or path of a robot file.
    file
        To write.
    """
    text = export_robot(load_robot(robot))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError("file", f"cannot write {file}: {error.strerror}") from None
