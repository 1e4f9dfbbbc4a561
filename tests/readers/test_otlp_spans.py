"""OpenTelemetry's spans lead to the same tables and views as perfkit's own, from a file of one request a line or of one document."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError, Exit
from perfkit.model.artefact import read_head
from perfkit.readers import otlp_spans
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.readers.cutting import ARTEFACTS, cuts

FOLDER = ARTEFACTS / "otlp_spans"
REQUESTS, ORDERS = 4, 12
EVERYTHING = "select * exclude (run_id) from spans order by started_at, span_id"


def test_kinds_follow_from_what_the_conventions_say(bench: Workbench) -> None:
    bench.ingest([FOLDER / "lines.json"])
    found = bench.store.query("select kind, count(*) from spans group by kind order by kind")[1]
    # a connection that is opened is no statement
    internal = REQUESTS + 1
    assert found == [("cache", 1), ("db", REQUESTS * (1 + ORDERS) + 1), ("http", 1), ("internal", internal), ("llm", 1), ("server", REQUESTS + 1)]


def test_servers_are_named_by_method_and_route(bench: Workbench) -> None:
    bench.ingest([FOLDER / "lines.json"])
    found = bench.store.query("select name, count(*) from spans where kind = 'server' group by name order by name")[1]
    assert found == [("GET /orders", REQUESTS), ("POST /answers/{id}", 1)]


def test_statements_have_their_text_parameters_rows_and_place(bench: Workbench) -> None:
    bench.ingest([FOLDER / "lines.json"])
    repeated = "select trace_id, count(*), count(distinct params_hash) from statements where statement like '%from lines%' group by trace_id"
    assert {row[1:] for row in bench.store.query(repeated)[1]} == {(ORDERS, ORDERS)}
    placed = bench.store.query("select name, statement, rows_returned, file, line from statements where file is not null")[1]
    assert placed == [("SELECT shop", "select 7", 1, "shop/answers.py", 42)]


def test_what_was_not_recorded_is_not_invented(bench: Workbench) -> None:
    bench.ingest([FOLDER / "without_parameters.json"])
    found = bench.store.query("select count(*), count(params_hash), count(rows_returned), count(file) from statements")[1]
    assert found == [(ORDERS + 1, 0, 0, 0)]


def test_caches_models_and_failures_reach_their_views(bench: Workbench) -> None:
    bench.ingest([FOLDER / "lines.json"])
    assert bench.store.query("select command from cache_calls")[1] == [("GET",)]
    assert bench.store.query("select model, input_tokens, output_tokens from llm_calls")[1] == [("large", 120, 30)]
    assert bench.store.query("select kind, name from spans where status = 'error'")[1] == [("http", "GET")]


def test_attributes_keep_their_types(bench: Workbench) -> None:
    bench.ingest([FOLDER / "lines.json"])
    [(text,)] = bench.store.query("select attributes from spans where name = 'POST /answers/{id}'")[1]
    kept = json.loads(text)
    assert (kept["retried"], kept["share"], kept["service"]) == (True, 0.25, "shop")
    assert "a" in kept["tags"]


def test_lines_and_document_and_gzip_are_the_same_spans(tmp_path: Path) -> None:
    zipped = tmp_path / "lines.json.gz"
    zipped.write_bytes(gzip.compress((FOLDER / "lines.json").read_bytes(), mtime=0))
    found = []
    for number, path in enumerate((FOLDER / "lines.json", FOLDER / "document.json", zipped)):
        other = Workbench(Workspace(tmp_path / str(number)))
        other.ingest([path])
        found.append(other.store.query(EVERYTHING)[1])
    assert found[0] == found[1] == found[2]


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The file without parameters, whose request was changed."""
    document = json.loads((FOLDER / "without_parameters.json").read_text())
    change(document)
    path = folder / "changed.json"
    path.write_text(json.dumps(document) + "\n")
    return path


def spans_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return found


def as_tempo(document: dict[str, Any]) -> None:
    """Batches, ids in base64, kinds as words."""
    for span in spans_of(document):
        span |= {key: base64.b64encode(bytes.fromhex(span[key])).decode() for key in ("traceId", "spanId", "parentSpanId")}
        span["kind"] = {2: "SPAN_KIND_SERVER", 3: "SPAN_KIND_CLIENT"}[span["kind"]]
    document["batches"] = document.pop("resourceSpans")


def as_older(document: dict[str, Any]) -> None:
    """The name that groups had, numbers for texts."""
    for span in spans_of(document):
        span |= {key: int(span[key]) for key in ("startTimeUnixNano", "endTimeUnixNano")}
    for resource in document["resourceSpans"]:
        resource["instrumentationLibrarySpans"] = resource.pop("scopeSpans")


def with_repeated_keys(document: dict[str, Any]) -> None:
    """The convention forbids a key twice; the first one counts."""
    for span in spans_of(document):
        span["attributes"] += [{"key": item["key"], "value": {"stringValue": "other"}} for item in span["attributes"]]


@pytest.mark.parametrize("change", [as_tempo, as_older, with_repeated_keys], ids=lambda change: change.__name__)
def test_other_writers_are_read_alike(bench: Workbench, tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    bench.ingest([FOLDER / "without_parameters.json"])
    columns = "select trace_id, span_id, parent_id, kind, name, started_at, duration_ms from spans where run_id = '{}' order by started_at, span_id"
    [known] = [row[0] for row in bench.store.query("select run_id from runs")[1]]
    [stored] = bench.ingest([changed(tmp_path, change)])
    other = bench.store.query(columns.format(stored.run_id))[1]
    assert other == bench.store.query(columns.format(known))[1]


BAD: dict[str, Callable[[dict[str, Any]], object]] = {
    "ends before it begins": lambda document: spans_of(document)[3].update(endTimeUnixNano="5"),
    "no time": lambda document: spans_of(document)[3].pop("startTimeUnixNano"),
    "a time that is none": lambda document: spans_of(document)[3].update(startTimeUnixNano="soon"),
    "no id": lambda document: spans_of(document)[3].pop("spanId"),
    "an id that is none": lambda document: spans_of(document)[3].update(spanId="§"),
    "spans that are none": lambda document: document["resourceSpans"][0]["scopeSpans"][0].update(spans=7),
    "attributes that are none": lambda document: spans_of(document)[3].update(attributes="x"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_opentelemetry_never_writes_is_refused_and_nothing_is_stored(bench: Workbench, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtefactError, match=r"changed\.json") as raised:
        bench.ingest([changed(tmp_path, BAD[name])])
    assert raised.value.exit_code == Exit.USAGE
    assert "\n" not in str(raised.value)
    assert bench.store.query("select (select count(*) from runs), (select count(*) from spans)")[1] == [(0, 0)]


@pytest.mark.parametrize("name", ["lines.json", "document.json"])
def test_a_file_that_was_cut_off_is_refused_with_its_place(bench: Workbench, tmp_path: Path, name: str) -> None:
    for damaged in cuts(FOLDER / name, tmp_path / name, pieces=5):
        with pytest.raises(ArtefactError, match=name):
            bench.ingest([damaged], as_format="otlp-spans")
    assert bench.store.query("select count(*) from runs")[1] == [(0,)]


def test_a_document_that_is_nested_without_end_is_refused(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"resourceSpans": ' + "[" * 20_000 + "]" * 20_000 + "}\n")
    assert otlp_spans.sniff(read_head(path))
    with pytest.raises(ArtefactError, match=r"deep\.json"):
        bench.ingest([path])


def test_metrics_in_the_same_file_are_left_out(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "mixed.json"
    path.write_text((FOLDER / "without_parameters.json").read_text() + '{"resourceMetrics": []}\n')
    [stored] = bench.ingest([path])
    assert stored.rows["spans"] == ORDERS + 3
