"""A load test's artefact holds each measured request once, and its manifest says whether it may be judged."""

from __future__ import annotations

import csv
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from perfkit.collectors.load import LoadOptions, RequestSpec, State, busiest_percent, collect, doubts, progress_text
from perfkit.collectors.process import Ended
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest

CATS = RequestSpec("GET /cats", ("/cats/1", "/cats/2"))


@dataclass(frozen=True)
class Site:
    """What the server heard: time and path of each request."""

    url: str
    heard: list[tuple[float, str, str]] = field(default_factory=list)

    def asked(self, path: str) -> int:
        return sum(1 for _, _, heard in self.heard if heard == path)


@pytest.fixture
def site() -> Iterator[Site]:
    """Answers 302 under /away, 500 under /broken, else 200."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            heard.append((time.time(), self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response({"/away": 302, "/broken": 500}.get(self.path, 200))
            self.send_header("Location", "/landed")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """The tests' output stays clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard: list[tuple[float, str, str]] = []
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.server_port}", heard)
    server.shutdown()
    server.server_close()


def rows_of(artefact: Path) -> list[dict[str, str]]:
    with artefact.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def manifest_of(artefact: Path) -> Manifest:
    return Manifest.from_json(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text(encoding="utf-8"))


def test_every_request_that_the_server_heard_is_in_the_artefact(site: Site, tmp_path: Path) -> None:
    requests = (CATS, RequestSpec("POST /dogs", ("/dogs",), "POST", {"name": "Rex"}, 2), RequestSpec("away", ("/away",)))
    told: list[tuple[str, float]] = []
    options = LoadOptions(site.url, requests, users=4, spawn_rate=4, duration_s=2, wait_s=0.05, stated=Manifest(label="baseline"))
    artefact = collect(options, tmp_path, lambda text, done: told.append((text, done)))
    rows, manifest = rows_of(artefact), manifest_of(artefact)
    assert len(rows) == len(site.heard) > 40
    assert site.asked("/landed") == 0
    assert abs(site.asked("/cats/1") - site.asked("/cats/2")) <= 1
    assert {row["name"] for row in rows} == {"GET /cats", "POST /dogs", "away"}
    assert (manifest.tool, manifest.label, manifest.load_model, manifest.valid) == ("locust", "baseline", "closed", True)
    assert manifest.parameters["users"] == 4 and manifest.parameters["request_names"] == 3
    assert any("of 2 s · 4 users" in text for text, _ in told) and all(0 <= done <= 1 for _, done in told)
    assert sorted(path.name for path in tmp_path.iterdir()) == [artefact.name, artefact.name + MANIFEST_SUFFIX]


def test_requests_that_begin_in_the_warmup_are_not_in_the_artefact(site: Site, tmp_path: Path) -> None:
    requests = (CATS, RequestSpec("broken", ("/broken",)))
    options = LoadOptions(site.url, requests, users=2, spawn_rate=2, duration_s=1, warmup_s=1, wait_s=0.05)
    artefact = collect(options, tmp_path)
    rows, manifest = rows_of(artefact), manifest_of(artefact)
    began = min(float(row["timestamp"]) for row in rows)
    assert began >= site.heard[0][0] + 0.9
    assert len(rows) == pytest.approx(sum(1 for at, _, _ in site.heard if at >= began), abs=1)
    assert manifest.valid and manifest.parameters["warmup_s"] == 1 and manifest.parameters["warmup_in_artefact"] is False
    assert {row["status_code"] for row in rows if row["name"] == "broken"} == {"500"}


def test_a_users_own_locustfile_runs_unchanged(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from locust import HttpUser, constant, task\n"
        "class Visitor(HttpUser):\n    wait_time = constant(0.1)\n    @task\n    def visit(self):\n        self.client.get('/home')\n"
    )
    artefact = collect(LoadOptions(site.url, locustfile=own, users=1, spawn_rate=1, duration_s=1), tmp_path / "out")
    assert len(rows_of(artefact)) == len(site.heard) == site.asked("/home") > 3
    assert manifest_of(artefact).parameters["locustfile"] == "own.py"


def test_a_broken_locustfile_is_named_with_its_error(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("raise ValueError('no such shop')\n")
    with pytest.raises(CollectionFailed, match="no such shop"):
        collect(LoadOptions(site.url, locustfile=own), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_target_that_does_not_answer_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(CollectionFailed, match=f"Nothing answers at http://127.0.0.1:{port}.*Start the application"):
        collect(LoadOptions(f"http://127.0.0.1:{port}", (CATS,)), tmp_path)


@pytest.mark.parametrize(
    ("target", "complaint"), [("ftp://127.0.0.1", "no web address"), ("http://192.0.2.7", "another machine"), ("cats", "no web")]
)
def test_only_web_addresses_on_this_machine_are_loaded(target: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=complaint):
        collect(LoadOptions(target, (CATS,)), tmp_path)


@pytest.mark.parametrize("wrong", [{"requests": ()}, {"users": 0}, {"users": 500, "spawn_rate": 1}, {"requests": None}, {"warmup_s": -1}])
def test_a_load_that_cannot_be_made_is_refused(wrong: dict[str, object], site: Site, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        collect(LoadOptions(**{"target": site.url, "requests": (CATS,), **wrong}), tmp_path)  # type: ignore[arg-type]
    assert not site.heard


def test_the_busiest_window_counts_not_the_average() -> None:
    half_a_minute = [(float(second), 0.1 * second + 0.85 * max(0, min(second, 20) - 10)) for second in range(31)]
    assert busiest_percent(half_a_minute) == pytest.approx(95)
    assert busiest_percent([(0.0, 0.0), (1.0, 0.5)]) == pytest.approx(50)
    assert busiest_percent([]) == 0


def test_what_makes_a_run_invalid_is_said() -> None:
    fine = Ended(0, False, "KeyError")
    assert doubts(fine, 100, 50) == []
    assert doubts(fine, 0, 0)[0].startswith("no request") and "KeyError" in doubts(fine, 0, 0)[0]
    assert "95 % of its core" in doubts(fine, 100, 95)[0]
    assert "status -9: gone" in doubts(Ended(-9, False, "well\ngone"), 100, 50)[0]


def test_progress_tells_warmup_from_measurement() -> None:
    assert progress_text(State(100.0, 102.0, 8, 412), 7, 10, 107) == "7 of 10 s · 8 users · 412 requests"
    assert progress_text(State(100.0, None, 8, 0), 1, 10, 101) == "1 of 10 s · 8 users · warming up"


def test_locust_is_never_imported_here() -> None:
    assert "locust" not in sys.modules and "gevent" not in sys.modules
