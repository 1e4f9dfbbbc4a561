"""A load test's artefact holds each measured request once, and its manifest says whether it may be judged."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from perfkit.collectors.load import LoadOptions, RequestSpec, collect
from perfkit.collectors.load_options import Arrivals, Generators, Ladder
from perfkit.collectors.load_state import State, WorkerState, progress_text
from perfkit.collectors.load_validity import busiest_percent, doubts
from perfkit.collectors.process import Ended
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from tests.collectors.load_site import Site, manifest_of, rows_of, serving, weighty

CATS = RequestSpec("GET /cats", ("/cats/1", "/cats/2"))


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


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
    assert (manifest.tool, manifest.label, manifest.load_model, weighty(manifest.invalid_because)) == ("locust", "baseline", "closed", [])
    assert manifest.parameters["users"] == 4 and manifest.parameters["request_names"] == 3
    assert any("of 2 s · 4 users" in text for text, _ in told) and all(0 <= done <= 1 for _, done in told)
    assert sorted(path.name for path in tmp_path.iterdir()) == [artefact.name, artefact.name + MANIFEST_SUFFIX]


def test_requests_that_begin_in_the_warmup_are_marked(site: Site, tmp_path: Path) -> None:
    requests = (CATS, RequestSpec("broken", ("/broken",)))
    options = LoadOptions(site.url, requests, users=2, spawn_rate=2, duration_s=1, warmup_s=1, wait_s=0.05)
    artefact = collect(options, tmp_path)
    rows, manifest = rows_of(artefact), manifest_of(artefact)
    steady = [float(row["timestamp"]) for row in rows if row["phase"] == "steady"]
    early = [float(row["timestamp"]) for row in rows if row["phase"] in ("ramp", "warmup")]
    assert len(rows) == len(steady) + len(early) == len(site.heard)
    assert site.heard[0][0] + 0.9 <= min(steady) and max(early) <= min(steady)
    assert weighty(manifest.invalid_because) == [] and manifest.parameters["warmup_s"] == 1 and manifest.parameters["warmup_in_artefact"] is True
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


def test_a_locustfiles_own_load_shape_decides_how_long_the_test_takes(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from locust import HttpUser, LoadTestShape, constant, task\n"
        "class Visitor(HttpUser):\n    wait_time = constant(0.1)\n    @task\n    def visit(self):\n        self.client.get('/home', name='home')\n"
        "class Steps(LoadTestShape):\n    def tick(self):\n        seconds = self.get_run_time()\n"
        "        return (1, 5) if seconds < 0.9 else (3, 5) if seconds < 1.9 else None\n"
    )
    artefact = collect(LoadOptions(site.url, locustfile=own, users=1, spawn_rate=1, duration_s=60), tmp_path / "out")
    rows = rows_of(artefact)
    assert len(rows) == len(site.heard) and {row["name"] for row in rows} == {"home"}
    assert {row["stage"] for row in rows} == {"1", "3"}
    assert weighty(manifest_of(artefact).invalid_because) == []


def test_a_test_without_a_request_leaves_nothing(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from locust import User, constant, task\nclass Idle(User):\n    wait_time = constant(0.1)\n    @task\n    def rest(self):\n        pass\n"
    )
    with pytest.raises(CollectionFailed, match=r"No request to .* was over when the load ended.*curl --max-time 5"):
        collect(LoadOptions(site.url, locustfile=own, users=1, spawn_rate=1, duration_s=1), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_broken_locustfile_is_named_with_its_error(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("import json\nraise ValueError('no such shop')\n")
    said = rf"^The locustfile {own} cannot be loaded: ValueError: no such shop \({own}:2\)\. Mend that line"
    with pytest.raises(CollectionFailed, match=said):
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


WRONG: list[dict[str, object]] = [
    {"requests": ()},
    {"users": 0},
    {"users": 500, "spawn_rate": 1},
    {"requests": None},
    {"warmup_s": -1},
    {"users": 2, "generators": Generators(processes=3)},
    {"ladder": Ladder((10, 10))},
    {"ladder": Ladder((1, 2), hold_s=1, warmup_s=1)},
    {"arrivals": Arrivals()},
    {"arrivals": Arrivals(5.0), "ladder": Ladder((10,))},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_load_that_cannot_be_made_is_refused(wrong: dict[str, object], site: Site, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        collect(LoadOptions(**{"target": site.url, "requests": (CATS,), **wrong}), tmp_path)  # type: ignore[arg-type]
    assert not site.heard


def test_the_busiest_window_counts_not_the_average() -> None:
    half_a_minute = [(float(second), 0.1 * second + 0.85 * max(0, min(second, 20) - 10)) for second in range(31)]
    assert busiest_percent(half_a_minute) == pytest.approx(95)
    assert busiest_percent([(0.0, 0.0), (1.0, 0.5)]) == pytest.approx(50)
    assert busiest_percent([]) == 0


FINE = State(
    started=100.0,
    begins=100.0,
    stopped=110.0,
    requests=2000,
    workers={
        name: WorkerState(rows=1000, requests=1000, paced_s=10, paced_requests=1000, user_seconds=40, finished=True, sent={"0": 500})
        for name in ("worker-1", "worker-2")
    },
)
OPTIONS = LoadOptions("http://127.0.0.1", (CATS,), generators=Generators(processes=2))


def said(state: State, ended: Ended | None = None, options: LoadOptions = OPTIONS, busy: float = 0.5) -> str:
    return "; ".join(doubts(ended or Ended(0, False, "KeyError"), state, options, {"worker-1": [(0.0, 0.0), (10.0, 10 * busy)]}))


def with_worker(**changes: object) -> State:
    return replace(FINE, workers={**FINE.workers, "worker-2": replace(FINE.workers["worker-2"], **changes)})  # type: ignore[arg-type]


def test_what_makes_a_run_invalid_is_said() -> None:
    assert said(FINE) == ""
    assert "no request" in said(replace(FINE, requests=0)) and "KeyError" in said(replace(FINE, requests=0))
    assert "95 % of its core" in said(FINE, busy=0.95)
    assert "status -9: gone" in said(FINE, Ended(-9, False, "well\ngone"))
    assert "stopped after 4 of 10 s" in said(replace(FINE, stopped=104.0))
    assert "without its last rows" in said(replace(FINE, stopped=None))


def test_a_worker_that_was_lost_starved_or_slower_is_named() -> None:
    assert "1 of 2 workers were lost: worker-2" in said(with_worker(finished=False))
    assert "1 of 2 workers took no part" in said(replace(FINE, workers={"worker-1": FINE.workers["worker-1"]}))
    assert "7 requests of worker-2 did not reach" in said(with_worker(lost_rows=7))
    assert "worker-2 had no time for itself in 1 of 10 s" in said(with_worker(missed_s=1))
    assert "worker-2 made 40% fewer requests for each of its users than worker-1" in said(with_worker(paced_requests=600))
    assert said(with_worker(paced_requests=600, user_seconds=24)) == said(with_worker(paced_requests=600, paced_s=2)) == ""


def test_an_open_model_that_misses_its_rate_is_invalid() -> None:
    open_model = replace(OPTIONS, arrivals=Arrivals(100.0))
    assert said(FINE, options=open_model) == ""
    assert "only 90 of 100 arrivals a second were sent in time" in said(with_worker(sent={"0": 400}), options=open_model)


def test_progress_tells_what_goes_on() -> None:
    state = State(100.0, 102.0, None, 8, 412, 50, 41.4, 120.0, 3, workers={"worker-1": WorkerState(rows=415)})
    assert progress_text(state, 7, 10) == "7 of 10 s · stage 50 · 8 users · 41 requests/s · P95 120 ms · 3 errors · 3 s left"
    assert "warming up" in progress_text(replace(state, begins=None), 1, 10) and "left" not in progress_text(state, 7, None)
    assert "nothing answered for 5 s" in progress_text(state, 7, 10, silent_s=5.2)
    assert "nothing answered yet, for 7 s" in progress_text(replace(state, workers={}), 7, 10, silent_s=7.0)
    assert "no new requests; running ones get 18 s more" in progress_text(state, 22, 10, grace_s=30)


def test_a_target_that_never_answers_is_told_and_ends_after_the_grace(tmp_path: Path) -> None:
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0), backlog=16) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        began = time.monotonic()
        artefact = collect(LoadOptions(url, (CATS,), users=2, duration_s=2, warmup_s=1, answer_s=4), tmp_path, lambda text, _: told.append(text))
    assert time.monotonic() - began < 3 + 4 + 10
    assert "no request began within the measured time, only 2 in the ramp" in str(manifest_of(artefact).invalid_because)
    assert any("nothing answered yet, for 3 s" in text for text in told)
    assert any("no new requests; running ones get" in text for text in told)


def test_locust_is_never_imported_here() -> None:
    assert "locust" not in sys.modules and "gevent" not in sys.modules
