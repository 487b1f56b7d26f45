"""The viewer's HTML page: served live, or written as one file with everything inside."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import meshcat

_FOLDER = resources.files("surefoot.viz") / "web"
_SHARED = ("scene.js", "simplify.js", "quality.js", "panel.js")
LIVE_SCRIPTS = (*_SHARED, "controls.js", "live.js")


def meshcat_script() -> str:
    """JavaScript of the meshcat viewer."""
    path = Path(meshcat.__file__).parent / "viewer" / "dist" / "main.min.js"
    return path.read_text(encoding="utf-8")


def page_file(name: str) -> str:
    """One of the page's own files."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def pack_commands(commands: list[bytes]) -> bytes:
    """Meshcat commands in one stream: each a little-endian uint32 length, then msgpack."""
    return b"".join(struct.pack("<I", len(command)) + command for command in commands)


def live_page() -> str:
    """Page that is served by the program."""
    scripts = [f'<script src="{name}"></script>' for name in ("meshcat.js", *LIVE_SCRIPTS)]
    return _assemble('<link rel="stylesheet" href="style.css">', scripts, "startLive(viewer);")


def replay_page(recording: Mapping[str, Any], robot: bytes, frames: bytes) -> str:
    """One page with everything inside, which replays a recording and needs no network.

    Parameters
    ----------
    recording
        Layout of the scene and of the frames (JSON).
    robot
        Packed meshcat commands that draw the robot.
    frames
        Frame vectors, float32, one after another.
    """
    sources = [meshcat_script(), *(page_file(name) for name in (*_SHARED, "replay.js"))]
    scripts = [f"<script>{source}</script>" for source in sources]
    data = [
        f'<script type="text/plain" id="data-{name}">{_compressed(content)}</script>'
        for name, content in (
            ("recording", json.dumps(recording).encode()),
            ("robot", robot),
            ("frames", frames),
        )
    ]
    style = f"<style>{page_file('style.css')}</style>"
    return _assemble(style, [*scripts, *data], "startReplay(viewer);")


def _assemble(style: str, scripts: list[str], start: str) -> str:
    run = f"<script>var viewer = makeViewer();\n{start}</script>"
    page = page_file("index.html").replace("<!--STYLE-->", style)
    return page.replace("<!--SCRIPTS-->", "\n".join([*scripts, run]))


def _compressed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii")
