"""One module a format, all of one form: NAME, KIND, TOOL, ABOUT, BY_LINE, sniff(head), read(path). The first that recognises a file reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

from perfkit.errors import UnknownFormat, unknown
from perfkit.model.artefact import Head, read_head
from perfkit.model.batch import Batch
from perfkit.readers import (
    ab_gnuplot,
    ab_percentiles,
    allocation_growth,
    asv,
    austin,
    cprofile,
    cpuprofile,
    devtools_trace,
    duckdb_plan,
    folded,
    gatling_log,
    gatling_stats,
    gatling_text,
    gecko,
    hdr_log,
    heapprofile,
    hey_csv,
    hyperfine,
    index_trials,
    k6_csv,
    k6_points,
    k6_summary,
    line_profiler,
    locust_exceptions,
    locust_failures,
    locust_history,
    locust_json,
    locust_requests,
    locust_stats,
    memray_capture,
    memray_stats,
    mprof,
    neo4j_plan,
    neo4j_table,
    object_growth,
    oha_csv,
    oha_json,
    oha_sqlite,
    otlp_spans,
    perf_script,
    perfkit_rounds,
    pg_catalog,
    pg_explain,
    pg_log,
    pg_stat_csv,
    pg_text,
    pprof,
    pyinstrument,
    pyperf,
    pytest_benchmark,
    scalene,
    speedscope,
    sqlite_plan,
    trace_spans,
    tracemalloc_snapshot,
    vector_trials,
    vegeta_csv,
    vegeta_json,
    vegeta_report,
    wrk_text,
)
from perfkit.readers.parts.unread import advice_for


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


READERS: dict[str, Reader] = {
    module.NAME: cast(Reader, module)
    for module in (
        trace_spans,
        otlp_spans,
        k6_points,
        k6_csv,
        k6_summary,
        locust_requests,
        locust_stats,
        locust_history,
        locust_failures,
        locust_exceptions,
        perfkit_rounds.BENCH,
        perfkit_rounds.SWEEP,
        index_trials,
        vector_trials,
        pg_explain,
        pg_catalog,
        pg_stat_csv,
        sqlite_plan,
        duckdb_plan,
        neo4j_plan,
        neo4j_table,
        pg_text,
        pg_log,
        cprofile,
        speedscope,
        heapprofile,
        cpuprofile,
        devtools_trace,
        gecko,
        scalene,
        line_profiler,
        locust_json,
        vegeta_json,
        hey_csv,
        oha_csv,
        oha_sqlite,
        ab_gnuplot,
        ab_percentiles,
        vegeta_csv,
        wrk_text,
        vegeta_report,
        oha_json,
        gatling_log,
        gatling_text,
        gatling_stats,
        hdr_log,
        pytest_benchmark,
        pyperf,
        hyperfine,
        asv,
        mprof,
        memray_capture,
        memray_stats,
        tracemalloc_snapshot,
        allocation_growth,
        object_growth,
        pyinstrument,
        austin,
        perf_script,
        pprof,
        folded,
    )
}


def detect(path: Path, head: Head | None = None) -> Reader:
    """The reader for a file, chosen by its content."""
    head = head or read_head(path)
    for reader in READERS.values():
        if reader.sniff(head):
            return reader
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
