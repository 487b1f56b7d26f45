"""Serves one finished page, such as a recording, until it is closed."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from surefoot.data import SurefootError
from surefoot.viz.server import FIRST_PORT


class PageServer:
    """One page at one address, from a thread of its own.

    Parameters
    ----------
    page
        HTML text.
    host
        Address to listen on. Only programs on this machine reach the default.
    port
        None for the first free one from 7000.

    Raises
    ------
    SurefootError
        If no port could be opened.

    Attributes
    ----------
    url
        Where the page is.
    """

    def __init__(self, page: str, host: str = "127.0.0.1", port: int | None = None) -> None:
        content = page.encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path.partition("?")[0] == "/"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content) if found else 0))
                self.end_headers()
                if found:
                    self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nobody wants to read of every request."""

        class Server(ThreadingHTTPServer):
            allow_reuse_port = False  # or a second program would silently share the address

        for candidate in range(FIRST_PORT, FIRST_PORT + 1000) if port is None else [port]:
            try:
                self._server = Server((host, candidate), Handler)
                break
            except OSError:
                continue
        else:
            raise SurefootError(f"viewer: port {port or FIRST_PORT} of {host} is in use")
        self.url = f"http://{host}:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving. Open pages stay as they are."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> PageServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
