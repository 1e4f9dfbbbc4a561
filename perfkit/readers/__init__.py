"""One module a format, all of one form: NAME, KIND, TOOL, ABOUT, BY_LINE, sniff(head), read(path). Only those are imported that a file may be of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from perfkit.errors import UnknownFormat, unknown
from perfkit.model.artefact import Head, read_head
from perfkit.model.batch import Batch


class Reader(Protocol):
    """What a module of this folder offers."""

    NAME: str
    KIND: str
    TOOL: str
    ABOUT: str
    BY_LINE: bool
    """Whether a file that was cut off can still be read up to its last whole line."""

    def sniff(self, head: Head) -> bool:
        """Whether these first bytes are of this format."""

    def read(self, path: Path) -> Iterator[Batch]:
        """The artefact's rows, and a Manifest where it says something of its run; raises ArtefactError where it breaks its format's promise."""


@dataclass(frozen=True, slots=True)
class Readers(Mapping[str, Reader]):
    """Readers by name, each imported when it is asked for."""

    places: Mapping[str, tuple[str, tuple[bytes, ...]]]
    """Name to module (and what in it) and marks: bytes of which every file of the format holds one in its head; without marks it may be any."""

    def __getitem__(self, name: str) -> Reader:
        module, *inside = self.places[name][0].split(".")
        return cast(Reader, reduce(getattr, inside, import_module(f"{__name__}.{module}")))

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def candidates(self, head: Head) -> Iterator[Reader]:
        """Those whose mark the file holds, then those without marks."""
        for marked in (True, False):
            for name, (_, marks) in self.places.items():
                if any(mark in head.data for mark in marks) if marked else not marks:
                    yield self[name]


READERS = Readers(
    {
        "perfkit-trace": ("trace_spans", (b"perfkit_trace",)),
        "otlp-spans": ("otlp_spans", (b"resourceSpans", b"batches")),
        "k6-points": ("k6_points", (b"metric",)),
        "k6-csv": ("k6_csv", (b"metric_name",)),
        "k6-summary": ("k6_summary", (b"metrics", b"k6Version", b"root_group")),
        "locust-requests": ("locust_requests", (b"response_time_ms",)),
        "locust-stats": ("locust_stats", (b"Request Count",)),
        "locust-history": ("locust_history", (b"User Count",)),
        "locust-failures": ("locust_failures", (b"Occurrences",)),
        "locust-exceptions": ("locust_exceptions", (b"Traceback",)),
        "perfkit-bench": ("perfkit_rounds.BENCH", (b"perfkit_rounds",)),
        "perfkit-sweep": ("perfkit_rounds.SWEEP", (b"perfkit_rounds",)),
        "index-trials": ("index_trials", (b"perfkit_index_trials",)),
        "perfkit-vectors": ("vector_trials", (b"perfkit_vector_trials",)),
        "perfkit-accuracy": ("accuracy_check", (b"perfkit_accuracy",)),
        "pg-explain": ("pg_explain", (b"Node Type",)),
        "pg-catalog": ("pg_catalog", (b"perfkit_catalog",)),
        "pg-stat-csv": ("pg_stat_csv", (b"calls", b"idx_scan", b"seq_scan", b"xact_commit")),
        "sqlite-plan": ("sqlite_plan", ()),
        "duckdb-plan": ("duckdb_plan", (b"operator", b"children", b"perfkit_plans")),
        "neo4j-plan": ("neo4j_plan", (b"operatorType",)),
        "neo4j-table": ("neo4j_table", (b"| Operator",)),
        "pg-explain-text": ("pg_text", (b"cost=", b"(actual ", b"(never executed)", b"QUERY PLAN")),
        "auto-explain-log": ("pg_log", (b" ms  plan:",)),
        "cprofile": ("cprofile", (b"\x29\x03", b"\xa9\x03", b"\x28\x03")),
        "speedscope": ("speedscope", (b"speedscope", b"shared")),
        "heapprofile": ("heapprofile", (b"selfSize",)),
        "cpuprofile": ("cpuprofile", (b"nodes", b"head")),
        "devtools_trace": ("devtools_trace", (b"traceEvents", b'"ph"')),
        "gecko": ("gecko", (b"meta", b"threads")),
        "scalene": ("scalene", ()),
        "line_profiler": ("line_profiler", (b"LineStats", b"Timer unit:")),
        "locust-json": ("locust_json", (b"num_none_requests", b"[]")),
        "vegeta-json": ("vegeta_json", (b"attack",)),
        "hey-csv": ("hey_csv", (b"DNS+dialup",)),
        "oha-csv": ("oha_csv", (b"DNS+dialup",)),
        "oha-sqlite": ("oha_sqlite", (b"SQLite format 3",)),
        "ab-gnuplot": ("ab_gnuplot", (b"starttime",)),
        "ab-percentiles": ("ab_percentiles", (b"Percentage served",)),
        "vegeta-csv": ("vegeta_csv", ()),
        "wrk-text": ("wrk_text", (b"Running ",)),
        "vegeta-report": ("vegeta_report", (b"latencies",)),
        "oha-json": ("oha_json", (b"responseTimeHistogram",)),
        "gatling-log": ("gatling_log", ()),
        "gatling-text": ("gatling_text", (b"RUN\t",)),
        "gatling-stats": ("gatling_stats", (b"numberOfRequests",)),
        "hdr-log": ("hdr_log", (b"StartTimestamp", b"HIST")),
        "pytest-benchmark": ("pytest_benchmark", (b"machine_info",)),
        "pyperf": ("pyperf", (b"benchmarks",)),
        "hyperfine": ("hyperfine", (b"results",)),
        "asv": ("asv", (b"commit_hash",)),
        "mprof": ("mprof", (b"CMDLINE ", b"MEM ", b"FUNC ")),
        "memray": ("memray_capture", (b"memray",)),
        "memray-stats": ("memray_stats", (b"total_num_allocations",)),
        "tracemalloc": ("tracemalloc_snapshot", (b"tracemalloc",)),
        "allocation-growth": ("allocation_growth", (b"perfkit_allocations",)),
        "object-growth": ("object_growth", (b"perfkit_objects",)),
        "pyinstrument": ("pyinstrument", (b"start_time", b"session", b"frame_records")),
        "austin": ("austin", (b"MOJ", b";T", b"# austin: ")),
        "perf_script": ("perf_script", ()),
        "pprof": ("pprof", ()),
        "folded": ("folded", (b";",)),
    }
)


def detect(path: Path, head: Head | None = None) -> Reader:
    """The reader for a file, chosen by its content."""
    head = head or read_head(path)
    for reader in READERS.candidates(head):
        if reader.sniff(head):
            return reader
    from perfkit.readers.parts.unread import advice_for

    if advice := advice_for(head.text):
        raise UnknownFormat(f"{path}: {advice}")
    raise UnknownFormat(
        f"{path}: of {len(READERS)} formats none recognises the content; `perfkit formats` lists them. Name one with --as if you know better."
    )


def reader_named(name: str) -> Reader:
    """The reader a user asked for."""
    if name not in READERS:
        raise unknown("format", name, READERS, listing="`perfkit formats`")
    return READERS[name]
