"""A local server whose answers take known times, for artefacts of load tools: /slow about half a second, /medium a tenth, others none."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

DELAYS = {"/slow": (0.44, 0.52), "/medium": (0.09, 0.13)}
STATUSES = {"/broken": 500, "/missing": 404}


class Answer(BaseHTTPRequestHandler):
    """Answers every path with 64 bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        time.sleep(random.uniform(*DELAYS.get(path, (0.0, 0.0))))
        self.send_response(STATUSES.get(path, 200))
        self.send_header("Content-Length", "64")
        self.end_headers()
        self.wfile.write(b"x" * 64)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server names it
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """Does not complain when a load tool stops before its last answer."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nobody reads it."""


@contextmanager
def known_server() -> Iterator[str]:
    """Its address, on a free port of this machine."""
    server = Server(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
