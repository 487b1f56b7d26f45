"""The viewer's server process, started by `Viewer`.

It reads (kind, value) messages from its standard input, serves the page on the loopback
address and writes messages to its standard output. Everything slow (kinematics of the plan,
packing, sockets) happens here, outside the process of the control loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO

import tornado.httpserver
import tornado.netutil
import tornado.web
import tornado.websocket

from surefoot.data import InputError
from surefoot.viz.frame import ViewerFrame
from surefoot.viz.messages import Controls, parse_request
from surefoot.viz.page import LIVE_SCRIPTS, live_page, meshcat_script, pack_commands, page_file
from surefoot.viz.scene import Scene

_LONGEST_REQUEST = 4096  # bytes
FIRST_PORT = 7000  # as meshcat's own server


def write_message(stream: BinaryIO, kind: str, value: Any) -> None:
    """Write one message, length first."""
    data = pickle.dumps((kind, value), protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[str, Any] | None:
    """Read one message; None at the end of the stream."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    data = stream.read(struct.unpack("<Q", head)[0])
    kind, value = pickle.loads(data)
    return kind, value


class Server:
    """Serves one scene to any number of browsers.

    Parameters
    ----------
    scene
        What to draw.
    output
        Stream to the program: ``url``, ``clients`` and ``page`` messages.
    """

    def __init__(self, scene: Scene, output: BinaryIO) -> None:
        self.scene = scene
        self.sockets: set[PageSocket] = set()
        self._output = output
        self._last: dict[str, bytes | str] = {}
        self._controls: Controls | None = None
        self._texts: dict[str, tuple[str, str | bytes]] = {
            "": ("text/html", live_page()),
            "static/": ("text/html", '<meta http-equiv="refresh" content="0; url=/">'),
            "meshcat.js": ("text/javascript", meshcat_script()),
            "style.css": ("text/css", page_file("style.css")),
            "layout.json": ("application/json", json.dumps(scene.layout())),
            "robot.bin": ("application/octet-stream", pack_commands(scene.commands)),
        }
        for name in LIVE_SCRIPTS:
            self._texts[name] = ("text/javascript", page_file(name))

    def listen(self, host: str, port: int | None) -> str:
        """Open the port (the first free one from 7000 if None) and return the address."""
        application = tornado.web.Application(
            [
                (r"/ws", PageSocket, {"server": self}),
                (r"/(.*)", TextHandler, {"texts": self._texts}),
            ],
            websocket_max_message_size=_LONGEST_REQUEST,
        )
        ports = range(FIRST_PORT, FIRST_PORT + 1000) if port is None else [port]
        for candidate in ports:
            try:
                sockets = tornado.netutil.bind_sockets(candidate, host)
            except OSError:
                continue
            tornado.httpserver.HTTPServer(application).add_sockets(sockets)
            return f"http://{host}:{sockets[0].getsockname()[1]}/"
        raise OSError(f"port {port} of {host} is in use: give another, or None for any")

    def show(self, packed: bytes) -> None:
        """Send one packed frame to every page."""
        frame = ViewerFrame.unpacked(packed)
        news: dict[str, bytes | str] = {"frame": self.scene.vector(frame).tobytes()}
        if frame.values:
            news["values"] = json.dumps({"type": "values", "values": frame.finite_values()})
        self._last.update(news)
        for message in news.values():
            self.broadcast(message)

    def set_layer(self, layer: dict[str, Any]) -> None:
        """Switch a layer (name, on) on or off in every page."""
        self.broadcast(json.dumps({"type": "layer", **layer}))

    def offer(self, controls: Controls) -> None:
        """Tell every page what it may change."""
        self._controls = controls
        self.broadcast(_controls_message(controls))

    def request(self, socket: PageSocket, text: str | bytes) -> None:
        """Check what a page asks and hand it to the program, or tell the page what is wrong."""
        try:
            request = parse_request(text, self._controls)
        except InputError as error:
            socket.send_or_drop(json.dumps({"type": "error", "text": str(error)}))
        else:
            self._tell("request", request)

    def broadcast(self, message: bytes | str) -> None:
        """Send one message to every page; a page that lags behind misses it."""
        for socket in self.sockets:
            socket.send_or_drop(message)

    def add(self, socket: PageSocket) -> None:
        """A page has connected: show it the latest frame."""
        self.sockets.add(socket)
        if self._controls is not None:
            socket.send_or_drop(_controls_message(self._controls))
        for message in self._last.values():
            socket.send_or_drop(message)
        self._tell("clients", len(self.sockets))

    def remove(self, socket: PageSocket) -> None:
        """A page has gone."""
        self.sockets.discard(socket)
        self._tell("clients", len(self.sockets))

    def _tell(self, kind: str, value: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # the program has gone; so will we
            write_message(self._output, kind, value)


def _controls_message(controls: Controls) -> str:
    return json.dumps({"type": "controls", **asdict(controls)})


class TextHandler(tornado.web.RequestHandler):
    """Serves the page's files from memory."""

    def initialize(self, texts: dict[str, tuple[str, str | bytes]]) -> None:
        """Called by tornado."""
        self.texts = texts

    def get(self, name: str) -> None:
        """Answer one request."""
        if name not in self.texts:
            raise tornado.web.HTTPError(404)
        kind, text = self.texts[name]
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", "no-store")
        self.finish(text)


class PageSocket(tornado.websocket.WebSocketHandler):
    """Connection to one page. Tornado refuses pages of another origin."""

    def initialize(self, server: Server) -> None:
        """Called by tornado."""
        self.server = server
        self._pending = 0

    def open(self, *_args: str, **_kwargs: str) -> None:
        """The page has connected."""
        self.set_nodelay(True)
        self.server.add(self)

    def on_close(self) -> None:
        """The page has gone."""
        self.server.remove(self)

    def on_message(self, message: str | bytes) -> None:
        """The page asks for something."""
        self.server.request(self, message)

    def send_or_drop(self, message: bytes | str) -> None:
        """Send unless earlier messages still wait to be taken."""
        if self._pending > 4:
            return
        self._pending += 1
        task = asyncio.ensure_future(self._send(message))
        task.add_done_callback(lambda _: None)

    async def _send(self, message: bytes | str) -> None:
        try:
            await self.write_message(message, binary=isinstance(message, bytes))
        except tornado.websocket.WebSocketClosedError:
            pass
        finally:
            self._pending -= 1


async def _serve(source: BinaryIO, output: BinaryIO) -> None:
    first = read_message(source)
    if first is None:
        return
    options = first[1]
    server = Server(options["scene"], output)
    write_message(output, "url", server.listen(options["host"], options["port"]))
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    handlers: dict[str, Callable[[Any], None]] = {
        "frame": server.show,
        "layer": server.set_layer,
        "controls": server.offer,
    }

    def receive() -> None:
        while (message := read_message(source)) is not None:
            kind, value = message
            loop.call_soon_threadsafe(handlers[kind], value)
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=receive, daemon=True).start()
    await ended.wait()


def main() -> None:
    """Serve until the program closes the pipe."""
    output = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing but messages on the pipe
    try:
        asyncio.run(_serve(sys.stdin.buffer, output))
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    except OSError as error:
        write_message(output, "error", str(error))
