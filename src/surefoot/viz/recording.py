"""Recordings: one page that replays a run offline."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from surefoot.data import InputError, finite_number
from surefoot.robots import RobotModel
from surefoot.viz.frame import ViewerFrame
from surefoot.viz.page import pack_commands, replay_page
from surefoot.viz.scene import Scene


class Recording:
    """Collects frames of a run; `save` writes a page that replays them.

    Parameters
    ----------
    robot
        The robot to draw.
    terrain
        A `surefoot.sim.Terrain`; None is an endless plane.
    rate
        Frames per simulated second that are kept.
    """

    def __init__(self, robot: RobotModel, terrain: Any = None, rate: float = 30.0) -> None:
        if not 0.0 < finite_number("rate", rate) <= 1000.0:
            raise InputError("rate", f"is {rate}", "give frames per second, in (0, 1000]")
        self._scene = Scene(robot, terrain)
        self._period = 1.0 / rate
        self._vectors: list[bytes] = []
        self._values: list[dict[str, float | str]] = []
        self._last = -math.inf

    def __len__(self) -> int:
        return len(self._vectors)

    def clear(self) -> None:
        """Forget every frame."""
        self._vectors.clear()
        self._values.clear()
        self._last = -math.inf

    def wants(self, time: float) -> bool:
        """Whether a frame at this time, s, would be kept."""
        return time >= self._last + self._period - 1e-6

    def add(self, frame: ViewerFrame) -> None:
        """Keep this frame, if the last one is long enough ago.

        Parameters
        ----------
        frame
            Later than every frame before.

        Raises
        ------
        InputError
            If a field does not fit the robot.
        """
        if self.wants(frame.time):
            self._scene.check(frame)
            self._vectors.append(self._scene.vector(frame).tobytes())
            self._values.append(frame.finite_values())
            self._last = frame.time

    def page(self) -> str:
        """The page as HTML text.

        Raises
        ------
        InputError
            If nothing was recorded.
        """
        if not self._vectors:
            raise InputError("recording", "holds no frame", "add one before saving")
        recording = {"layout": self._scene.layout(), "values": self._values}
        robot, frames = pack_commands(self._scene.commands), b"".join(self._vectors)
        return replay_page(recording, robot, frames)

    def save(self, path: Path) -> None:
        """Write the page.

        Parameters
        ----------
        path
            Of the HTML file.

        Raises
        ------
        InputError
            If nothing was recorded or the file cannot be written.
        """
        page = self.page()
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise InputError("recording", f"cannot write {path}: {error.strerror}") from None
