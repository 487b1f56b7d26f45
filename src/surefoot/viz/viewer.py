"""The viewer: a page in the browser that shows what the controller thinks and does."""

from __future__ import annotations

import contextlib
import fcntl
import subprocess
import sys
import termios
import threading
import time
from collections import deque
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from surefoot.data import InputError, SurefootError, instance_of
from surefoot.robots import RobotModel
from surefoot.viz.frame import ViewerFrame
from surefoot.viz.messages import Controls, Request
from surefoot.viz.scene import LAYERS, Scene
from surefoot.viz.server import read_message, write_message

_PIPE = 1 << 20  # bytes; the largest frame fits into it


class Viewer:
    """Shows a robot in a meshcat page.

    The page is served by a process of its own. `show` only hands a frame over, at most `rate`
    times a second and only while a page is open, and never waits, so it may be called in a
    control loop.

    Parameters
    ----------
    robot
        The robot to draw.
    terrain
        A `surefoot.sim.Terrain`; None is an endless plane.
    host
        Address to listen on. Only programs on this machine reach the default.
    port
        None for the first free one from 7000.
    rate
        Frames per second.

    Raises
    ------
    SurefootError
        If the server cannot start, for instance because the port is taken.
    """

    def __init__(
        self,
        robot: RobotModel,
        terrain: Any = None,
        host: str = "127.0.0.1",
        port: int | None = None,
        rate: float = 30.0,
    ) -> None:
        instance_of("robot", robot, RobotModel)
        if not 0.0 < rate <= 1000.0:
            raise InputError("rate", f"is {rate}", "give frames per second, in (0, 1000]")
        self._scene = Scene(robot, terrain)
        self._period = 1.0 / rate
        self._next = 0.0
        self._clients = 0
        self._requests: deque[Request] = deque(maxlen=256)
        self._newest: ViewerFrame | None = None
        self._pipe = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from surefoot.viz.server import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pipesize=_PIPE,
            start_new_session=True,  # Ctrl-C in the terminal ends the program, which ends it
        )
        self._send("start", {"scene": self._scene, "host": host, "port": port})
        output: Any = self._process.stdout
        answer = read_message(output)
        if answer is None or answer[0] != "url":
            self._process.kill()
            self.close()
            raise SurefootError(f"viewer: {answer[1] if answer else 'its server did not start'}")
        self.url: str = answer[1]
        threading.Thread(target=self._receive, daemon=True).start()

    @property
    def port(self) -> int:
        """Of the page's address."""
        return int(urlsplit(self.url).port or 0)

    @property
    def connected(self) -> bool:
        """Whether a page is open."""
        return self._clients > 0

    @property
    def due(self) -> bool:
        """Whether a page is open and its next frame is due; `show` would only drop others."""
        return self._clients > 0 and time.monotonic() >= self._next

    def show(self, frame: ViewerFrame) -> None:
        """Show this frame. Returns at once; costs nothing while no page is open.

        Parameters
        ----------
        frame
            What to draw. It must not be changed afterwards.

        Raises
        ------
        InputError
            If a field of the frame does not fit the robot.
        """
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._period
        self._scene.check(frame)
        self._newest = frame  # also kept for a page that opens later
        if self._clients:
            self._send_frame(frame)

    def set_layer(self, name: str, on: bool) -> None:
        """Switch a layer on or off in every open page.

        Parameters
        ----------
        name
            One of `surefoot.viz.LAYERS`.
        on
            Whether to show it.

        Raises
        ------
        InputError
            If there is no such layer.
        """
        if name not in LAYERS:
            raise InputError("layer", f"there is no '{name}'", f"one of {', '.join(LAYERS)}")
        self._send("layer", {"name": name, "on": bool(on)})

    def offer(self, controls: Controls) -> None:
        """Let the page change something.

        Parameters
        ----------
        controls
            What it may ask for; anything else is refused.
        """
        self._send("controls", controls)

    def requests(self) -> list[Request]:
        """What the page has asked for since the last call, validated, oldest first."""
        found = []
        while self._requests:
            found.append(self._requests.popleft())
        return found

    def wait_for_page(self, timeout: float) -> bool:
        """Wait until a page is open, at most `timeout` seconds; returns whether one is."""
        end = time.monotonic() + timeout
        while not self._clients and time.monotonic() < end:
            time.sleep(0.02)
        return self._clients > 0

    def close(self) -> None:
        """End the server. Open pages say so and keep the last picture."""
        self._clients = 0
        source: Any = self._process.stdin
        output: Any = self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            source.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        output.close()

    def _repr_html_(self) -> str:
        """The live page inside a notebook."""
        style = "width: 100%; height: 480px; border: 0; border-radius: 8px"
        return f'<iframe src="{self.url}" style="{style}"></iframe>'

    def __enter__(self) -> Viewer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, kind: str, value: Any) -> None:
        stream: Any = self._process.stdin
        with self._pipe:
            write_message(stream, kind, value)

    def _send_frame(self, frame: ViewerFrame) -> None:
        """Send a frame, unless the server still has something to read: then the next one will do.

        In the caller's thread: one of its own would hold the interpreter while it works, and with
        it the control loop; for milliseconds where another process takes its core.
        """
        stream: Any = self._process.stdin
        with contextlib.suppress(BrokenPipeError, ValueError):  # closed
            if _unread(stream.fileno()) == 0:  # so that writing does not wait
                self._send("frame", frame.packed())

    def _receive(self) -> None:
        stream: Any = self._process.stdout
        while (message := read_message(stream)) is not None:
            kind, value = message
            if kind == "request":
                self._requests.append(value)
            elif kind == "clients":
                self._clients = value
                if value and self._newest is not None:  # a new page gets the newest frame
                    self._send_frame(self._newest)
        self._clients = 0


def _unread(pipe: int) -> int:
    """Bytes in a pipe that its reader has not taken yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
