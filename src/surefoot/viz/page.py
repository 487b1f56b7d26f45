"""The viewer's HTML page: served live, or written as one file with everything inside."""

from __future__ import annotations

import base64
import gzip
import struct
from importlib import resources
from pathlib import Path

import meshcat

_FOLDER = resources.files("surefoot.viz") / "web"
SCRIPTS = ("scene.js", "panel.js", "live.js")


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
    return _assemble(
        '<link rel="stylesheet" href="style.css">',
        [f'<script src="{name}"></script>' for name in ("meshcat.js", *SCRIPTS)],
        "startLive(viewer);",
    )


def _assemble(style: str, scripts: list[str], start: str) -> str:
    run = (
        '<script>var viewer = new MeshCat.Viewer(document.getElementById("meshcat-pane"));\n'
        f"{start}</script>"
    )
    page = page_file("index.html").replace("<!--STYLE-->", style)
    return page.replace("<!--SCRIPTS-->", "\n".join([*scripts, run]))


def compressed(data: bytes) -> str:
    """Base64 of gzip, for embedding in a page."""
    return base64.b64encode(gzip.compress(data, 6)).decode("ascii")
