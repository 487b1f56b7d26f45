"""What commands that run something offer to keep of it: a log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from surefoot.robots import RobotModel

if TYPE_CHECKING:
    from surefoot.control.log import LogWriter


@contextlib.contextmanager
def logging_to(
    path: Path | None, robot: RobotModel, options: Any, console: Console
) -> Iterator[LogWriter | None]:
    """The log of a run, every tick of it, at `path`; None where there is no path."""
    if path is None:
        yield None
        return
    from surefoot.control.log import LogWriter

    try:
        with LogWriter(path, robot, options=options, lossless=True) as log:
            yield log
    finally:
        console.print(f"log: {path}", markup=False)
