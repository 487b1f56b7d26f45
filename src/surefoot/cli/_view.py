"""What commands that run something offer to look at it: a live page, a recorded page."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from surefoot.robots import RobotModel

if TYPE_CHECKING:
    from surefoot.viz import Recording, RunView


@contextlib.contextmanager
def watching(
    robot: RobotModel,
    console: Console,
    *,
    view: bool,
    terrain: Any = None,
    port: int | None = None,
    wait: bool = False,
    speed: float = 1.0,
    record: Path | None = None,
) -> Iterator[RunView]:
    """A callback for every tick of a run, which shows and records it.

    Parameters
    ----------
    robot, terrain
        What is drawn.
    console
        Where the page's address and the recording's path are printed.
    view
        Whether to serve a live page; on this port, if one is given.
    wait
        Whether to wait for the page to be opened.
    speed
        Simulated seconds per second while the page is open; 0 does not wait.
    record
        HTML file to write in the end, also after Ctrl-C.
    """
    from surefoot.viz import Recording, RunView, Viewer

    recording = None if record is None else Recording(robot, terrain)
    with contextlib.ExitStack() as stack:
        viewer = stack.enter_context(Viewer(robot, terrain, port=port)) if view else None
        if viewer is not None:
            console.print(f"meshcat: {viewer.url}")
            if wait:
                console.print("waiting for the page to be opened ...")
                while not viewer.wait_for_page(1.0):
                    pass
        try:
            yield RunView(viewer, recording, speed)
        finally:
            if recording is not None and record is not None:
                _save(recording, record, console)


def _save(recording: Recording, path: Path, console: Console) -> None:
    if len(recording):
        recording.save(path)
        console.print(f"recording: {path}", markup=False)


def serve(recording: Recording, console: Console) -> None:
    """Serve a page that replays the recording until Ctrl-C."""
    from surefoot.viz import PageServer

    with PageServer(recording.page()) as server:
        console.print(f"meshcat: {server.url}\nopen it in a browser; Ctrl-C here ends the program")
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
