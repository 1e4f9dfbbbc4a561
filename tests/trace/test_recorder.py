"""The artefact keeps its promise, whatever the application does."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import UsageError
from perfkit.trace import record, span, timed
from tests.trace.conftest import Spans

KEYS = [
    "trace_id",
    "span_id",
    "parent_id",
    "kind",
    "name",
    "started_at",
    "duration_ms",
    "status",
    "fingerprint",
    "file",
    "line",
    "attributes",
]


@timed
def double(number: int) -> int:
    return 2 * number


@timed
async def double_later(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def test_the_file_opens_with_a_header_and_closes_with_the_count(artefact: Path) -> None:
    with record(artefact, attributes={"variant": "baseline"}):
        double(1)
    header, _, end = map(json.loads, artefact.read_text("utf-8").splitlines())
    assert (header["perfkit_trace"], header["clock"], header["attributes"]) == (3, "unix_us", {"variant": "baseline"})
    assert end == {"perfkit_trace_end": 1}


def test_every_span_has_exactly_the_promised_keys(spans: Spans) -> None:
    started_us = time.time_ns() // 1000
    with span("internal", "once"):
        pass
    (found,) = spans()
    assert list(found) == KEYS
    assert 0 <= found["started_at"] - started_us < 1_000_000
    assert 0 < found["duration_ms"] < 1000
    assert (len(found["trace_id"]), len(found["span_id"]), found["parent_id"]) == (16, 16, None)


def test_timed_stands_where_the_function_is_defined(spans: Spans) -> None:
    assert double(2) == 4
    (found,) = spans()
    assert (found["name"], found["file"], found["line"]) == ("double", "test_recorder.py", double.__wrapped__.__code__.co_firstlineno)  # type: ignore[attr-defined]


def test_spans_nest(spans: Spans) -> None:
    with span("internal", "outer"):
        double(1)
    inner, outer = spans()
    assert (inner["parent_id"], inner["trace_id"]) == (outer["span_id"], outer["trace_id"])


def test_concurrent_tasks_keep_their_parents_apart(spans: Spans) -> None:
    async def request(name: str) -> None:
        with span("server", name):
            await asyncio.gather(*(double_later(number) for number in range(3)))

    async def requests() -> None:
        await asyncio.gather(*(request(f"request {number}") for number in range(5)))

    asyncio.run(requests())
    found = spans()
    parents = {one["span_id"]: one["trace_id"] for one in found if one["kind"] == "server"}
    children = [one for one in found if one["kind"] == "internal"]
    assert len(set(parents.values())) == 5
    assert all(parents[child["parent_id"]] == child["trace_id"] for child in children)
    assert [[child["parent_id"] for child in children].count(parent) for parent in parents] == [3] * 5


def test_threads_lose_no_span(spans: Spans) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(double, range(2000)))
    assert len(spans()) == 2000


def test_an_error_passes_through_and_is_noted(spans: Spans) -> None:
    with pytest.raises(ZeroDivisionError), span("internal", "divide"):
        _ = 1 / 0
    (found,) = spans()
    assert (found["status"], found["attributes"]) == ("error", {"error": "ZeroDivisionError"})


@pytest.mark.parametrize("odd", [math.nan, object(), {1, 2}, b"\xff", "\ud800"])
def test_odd_attributes_never_raise_and_never_break_a_line(spans: Spans, odd: Any) -> None:
    with span("internal", "odd", value=odd):
        double(1)
    assert len(spans()) == 2


def test_a_ring_of_attributes_costs_only_the_attributes(spans: Spans) -> None:
    ring: dict[str, Any] = {}
    ring["ring"] = ring
    with span("internal", "ring", value=ring):
        pass
    assert spans()[0]["attributes"] == {}


def test_a_killed_writer_leaves_whole_lines(artefact: Path) -> None:
    endless = f"from perfkit.trace import record, span\nrecord({str(artefact)!r}).start()\nwhile True:\n    with span('internal', 'x'): pass"
    with subprocess.Popen([sys.executable, "-c", endless]) as writer:
        while not artefact.exists() or artefact.stat().st_size < 100_000:
            time.sleep(0.01)
        writer.send_signal(signal.SIGKILL)
    *whole, _ = artefact.read_text("utf-8").split("\n")
    assert all(json.loads(line) for line in whole)


def test_a_full_disk_ends_the_recording_and_not_the_application() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with record(full) as recording:
        assert double(1) == 2
    assert recording.spans == 0


def test_a_process_has_one_recorder(spans: Spans, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Already recording"):
        record(tmp_path / "second.ndjson").start()
    double(1)
    assert len(spans()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_leaves_its_parents_file_alone(spans: Spans) -> None:
    double(1)
    child = os.fork()
    if child == 0:
        double(2)
        os._exit(0)
    os.waitpid(child, 0)
    assert len(spans()) == 1


def test_without_a_recorder_timed_costs_next_to_nothing() -> None:
    plain = double.__wrapped__  # type: ignore[attr-defined]
    assert min(_seconds(double) - _seconds(plain) for _ in range(7)) / 20_000 < 1.5e-6


def test_importing_trace_loads_nothing_heavy() -> None:
    heavy = ("_duckdb", "duckdb", "pandas", "pyarrow", "matplotlib", "numpy", "sqlalchemy", "redis", "httpx", "fastapi", "asyncio")
    probe = f"import sys, perfkit.trace; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "[]"


def test_a_stopped_recorder_ignores_late_spans(artefact: Path) -> None:
    recording = record(artefact).start()
    late = threading.Event()

    def work() -> None:
        with span("internal", "late"):
            late.wait(5)

    thread = threading.Thread(target=work)
    thread.start()
    recording.stop()
    late.set()
    thread.join()
    assert json.loads(artefact.read_text("utf-8").splitlines()[-1]) == {"perfkit_trace_end": 0}


def _seconds(function: Any) -> float:
    started = time.process_time()
    for number in range(20_000):
        function(number)
    return time.process_time() - started
