"""Packed calls and statements read here and read by the store are the same spans."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from perfkit.trace import record, request, sqlalchemy
from perfkit.trace.timed import timed
from perfkit.trace.unpacked import spans_in
from perfkit.workbench import Workbench

COLUMNS = ("trace_id", "span_id", "parent_id", "kind", "name", "duration_ms", "status", "fingerprint", "file", "line")


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


@timed
def ask() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    uninstall = sqlalchemy.install(engine)
    with engine.begin() as connection:
        connection.execute(text("create table cats (id integer, name text)"))
        with request("POST /cats"):
            connection.execute(text("insert into cats values (:id, :name)"), [{"id": number, "name": "Tom"} for number in range(3)])
        connection.execute(text("select id from cats where name like 'T%' and id > :least"), {"least": 0}).all()
        with suppress(OperationalError):
            connection.execute(text("select name from dogs"))
    uninstall()
    engine.dispose()


def test_both_readers_see_the_same_spans(bench: Workbench, tmp_path: Path) -> None:
    trace = tmp_path / "calls.ndjson"
    with record(trace):
        outer()
        with request("GET /"):
            outer()
        ask()
    bench.ingest([trace])
    stored = [
        (*row[:-1], json.loads(row[-1])) for row in bench.store.query(f"select {', '.join(COLUMNS)}, epoch_us(started_at), attributes from spans")[1]
    ]
    here = [(*(one[name] for name in COLUMNS), one["started_at"], _known(one["attributes"])) for one in spans_in(trace)]
    assert {attributes["rows"] for *_, attributes in here if "rows" in attributes} == {2, 3}
    assert len(here) == 13 + 6 + 3
    assert sorted(map(str, stored)) == sorted(map(str, here))


def _known(attributes: dict[str, object]) -> dict[str, object]:
    """JSON's merging knows no attribute without a value."""
    return {name: value for name, value in attributes.items() if value is not None}
