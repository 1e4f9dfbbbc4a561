"""Locust's raw request log: one row a request, written as requests end. Never read by Python: DuckDB scans it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Scan
from perfkit.readers.parts.parsing import compression_of, refuse, refuse_cut_row

NAME = "locust-requests"
KIND = "load"
TOOL = "locust"
ABOUT = "Locust's raw request log (CsvRequestLogger, or collect load), CSV, also gzip"
BY_LINE = True

TYPES = {
    "timestamp": "double",
    "request_type": "varchar",
    "name": "varchar",
    "response_time_ms": "double",
    "response_length": "ubigint",
    "status_code": "usmallint",
    "exception": "varchar",
}
WIDE_TYPES = TYPES | {"worker": "varchar", "stage": "integer", "phase": "varchar", "intended": "double"}
"""As `perfkit collect load` writes it; samples of generators and target stand among the requests."""
HEADER, WIDE_HEADER = ",".join(TYPES), ",".join(WIDE_TYPES)
REQUESTS = Path(__file__).with_suffix(".sql")
SAMPLES = REQUESTS.with_name("locust_requests_samples.sql")
TABLES = {HEADER: {"requests": REQUESTS}, WIDE_HEADER: {"requests": REQUESTS, "samples": SAMPLES}}


def sniff(head: Head) -> bool:
    """The header is the format."""
    return head.first_line in TABLES


def read(path: Path) -> Iterator[Batch]:
    """Every request; a file that ends within a row was cut off."""
    with open_artefact(path) as file:
        header = file.readline(256).decode("utf-8", errors="replace").strip("\ufeff\r\n")
    if header not in TABLES:
        raise refuse(path, NAME, f"the first line is not {HEADER}.")
    refuse_cut_row(path, NAME)
    columns = {name: WIDE_TYPES[name] for name in header.split(",")}
    for table, sql in TABLES[header].items():
        yield Scan(table, sql, {"path": str(path), "compression": compression_of(path), "columns": columns})
