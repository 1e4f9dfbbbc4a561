"""A small web server on loopback that remembers what it heard, and what tests of load ask of logs and manifests."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from perfkit.model.run import MANIFEST_SUFFIX, Manifest

BUSY_MACHINE = ("no time for itself", "of its core")
STATUS = {"/away": 302, "/broken": 500}


@dataclass
class Site:
    """The server's own access log."""

    url: str = ""
    heard: list[tuple[float, str, str]] = field(default_factory=list)
    """Time, method and path of each request."""
    answer_s: float = 0.0
    freeze_s: float = 0.0
    """How long the server answers nothing at all, once, from one second after the first request on."""

    def asked(self, path: str) -> int:
        return sum(1 for _, _, heard in self.heard if heard == path)

    def hold(self, at: float) -> None:
        begin = self.heard[0][0] + 1
        if begin <= at < begin + self.freeze_s:
            time.sleep(begin + self.freeze_s - at)
        time.sleep(self.answer_s)


@contextmanager
def serving() -> Iterator[Site]:
    """Answers 302 under /away, 500 under /broken, else 200."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            now = time.time()
            site.heard.append((now, self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            site.hold(now)
            self.send_response(STATUS.get(self.path, 200))
            self.send_header("Location", "/landed")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """The tests' output stays clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()


def rows_of(artefact: Path) -> list[dict[str, str]]:
    """The load's requests: neither samples nor the bystander's."""
    with artefact.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["request_type"] != "#sample" and row["worker"] != "watch"]


def manifest_of(artefact: Path) -> Manifest:
    return Manifest.from_json(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text(encoding="utf-8"))


def weighty(reasons: str | None) -> list[str]:
    """Why a run is not valid, apart from what only says that the machine of the tests is busy."""
    return [reason for reason in (reasons or "").split("; ") if reason and not any(word in reason for word in BUSY_MACHINE)]
