"""What a request asks again and again: whose request it is, what of the time would be saved, and what comes after the answer."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from perfkit.analyses.pool_use import pool_use
from perfkit.analyses.repeated_statements import RepeatedStatement, repeated_statements
from perfkit.analyses.request_time import request_time
from perfkit.rules import statements
from perfkit.trace import record, request, span, sqlalchemy
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

TAGS = text("select name from tags where item_id = :key")


def rows_of(bench: Workbench, path: Path) -> list[RepeatedStatement]:
    [stored] = bench.ingest([path])
    return repeated_statements(bench.store, [stored.run_id])


def loop(work_s: float = 0.0) -> None:
    """Eight statements on an engine of their own, each followed by the application's work."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        connection.execute(text("create table tags (item_id integer, name text)"))
    uninstall = sqlalchemy.install(engine)
    with engine.connect() as connection:
        for key in range(8):
            connection.execute(TAGS, {"key": key}).all()
            time.sleep(work_s)
    uninstall()
    engine.dispose()


def test_the_applications_own_work_between_statements_is_not_saved(bench: Workbench, tmp_path: Path) -> None:
    with record(tmp_path / "trace.ndjson", root=Path(__file__).parent), request("GET /items"):
        loop(work_s=0.008)
    [row] = rows_of(bench, tmp_path / "trace.ndjson")
    assert row.request_ms > 64
    assert row.saves_ms < row.total_ms + 8 * (1 + 0.05)


def test_what_comes_after_the_answer_makes_no_request_faster(bench: Workbench, tmp_path: Path) -> None:
    with record(tmp_path / "trace.ndjson", root=Path(__file__).parent) as recording:
        with request("POST /mails") as answered:
            pass
        with span("internal", "send mails") as background:
            background.trace_id, background.parent_id = answered.trace_id, answered.span_id
            loop()
        assert recording.dropped == 0
    [row] = rows_of(bench, tmp_path / "trace.ndjson")
    [finding] = statements.judge([row])
    assert (row.subject, row.after_response) == ("POST /mails", True)
    assert finding.saves_ms is None and finding.title.endswith(", after the response")


def test_a_request_within_a_request_has_its_own_statements(bench: Workbench, tmp_path: Path) -> None:
    with record(tmp_path / "trace.ndjson", root=Path(__file__).parent), request("GET /page"):
        loop()
        with request("GET /fragment"):
            loop()
    [stored] = bench.ingest([tmp_path / "trace.ndjson"])
    rows = repeated_statements(bench.store, [stored.run_id])
    assert sorted((row.subject, row.n, row.requests) for row in rows) == [("GET /fragment", 8, 1), ("GET /page", 8, 1)]
    assert {row.subject: row.db_calls for row in request_time(bench.store, [stored.run_id])} == {"GET /fragment": 8, "GET /page": 8}
    assert {row.subject: row.n for row in pool_use(bench.store, [stored.run_id])} == {"all requests": 2, "GET /fragment": 1, "GET /page": 1}


def test_services_that_call_each_other_in_one_trace_are_judged_apart(bench: Workbench, tmp_path: Path) -> None:
    # one page calls the price service eight times, and each call sends one statement: no loop of the service's
    spans = [_otlp("page", None, 2, "GET /page", 0, 100)]
    for number in range(8):
        spans += [
            _otlp(f"call{number}", "page", 3, "GET", 10 * number, 9),
            _otlp(f"serve{number}", f"call{number}", 2, "GET /price", 10 * number + 1, 7),
            _otlp(f"ask{number}", f"serve{number}", 3, "SELECT", 10 * number + 2, 1, f"select price from prices where item_id = {number}"),
        ]
    path = tmp_path / "spans.json"
    path.write_text(json.dumps({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": spans}]}]}))
    [stored] = bench.ingest([path])
    assert repeated_statements(bench.store, [stored.run_id]) == []
    assert {(row.subject, row.n, row.db_calls) for row in request_time(bench.store, [stored.run_id])} == {("GET /page", 1, 0), ("GET /price", 8, 1)}


def _otlp(name: str, parent: str | None, kind: int, shown: str, at_ms: float, ms: float, statement: str | None = None) -> dict[str, object]:
    began = 1_700_000_000_000_000_000 + int(at_ms * 1e6)
    values = {"db.query.text": statement, "db.system.name": "postgresql"} if statement else {}
    return {
        "traceId": "ab" * 16,
        "spanId": _id(name),
        "parentSpanId": _id(parent) if parent else "",
        "name": shown,
        "kind": kind,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(began + int(ms * 1e6)),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in values.items()],
    }


def _id(name: str) -> str:
    return name.encode().hex().ljust(16, "0")


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(Workspace(tmp_path / "workspace"))
