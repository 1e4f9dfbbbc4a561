"""Packed calls read here and read by the store are the same spans."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from perfkit.trace import record, request
from perfkit.trace.timed import timed
from perfkit.trace.unpacked import spans_in
from perfkit.workbench import Workbench

COLUMNS = ("trace_id", "span_id", "parent_id", "kind", "name", "duration_ms", "status", "line")


@timed
def inner(number: int) -> int:
    if number == 3:
        raise ValueError(number)
    return number


@timed("outer", stage="all")
def outer() -> None:
    for number in range(5):
        with suppress(ValueError):
            inner(number)


def test_both_readers_see_the_same_spans(bench: Workbench, tmp_path: Path) -> None:
    trace = tmp_path / "calls.ndjson"
    with record(trace):
        outer()
        with request("GET /"):
            outer()
    bench.ingest([trace])
    stored = bench.store.query(f"select {', '.join(COLUMNS)}, epoch_us(started_at), attributes ->> '$.stage' from spans")[1]
    here = [(*(one[name] for name in COLUMNS), one["started_at"], one["attributes"].get("stage")) for one in spans_in(trace)]
    assert len(here) == 13
    assert sorted(map(str, stored)) == sorted(map(str, here))
