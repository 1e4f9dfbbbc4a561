"""Locust's raw request log: one row a request, written as requests end. Never read by Python: DuckDB scans it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Scan
from perfkit.readers.parsing import compression_of, refuse, refuse_cut_row

NAME = "locust-requests"
KIND = "load"
TOOL = "locust"
ABOUT = "Locust's raw request log (CsvRequestLogger, or collect load), CSV, also gzip"
BY_LINE = True

HEADER = "timestamp,request_type,name,response_time_ms,response_length,status_code,exception"
WIDE_HEADER = f"{HEADER},worker,stage,phase,intended"
"""As `perfkit collect load` writes it; samples of generators and target stand among the requests."""
HERE = Path(__file__)
SCANS = {
    HEADER: (Scan("requests", HERE.with_suffix(".sql")),),
    WIDE_HEADER: (Scan("requests", HERE.with_name("locust_requests_wide.sql")), Scan("samples", HERE.with_name("locust_requests_samples.sql"))),
}


def sniff(head: Head) -> bool:
    """The header is the format."""
    return head.first_line in SCANS


def read(path: Path) -> Iterator[Batch]:
    """Every request; a file that ends within a row was cut off."""
    with open_artefact(path) as file:
        header = file.readline(256).decode("utf-8", errors="replace").strip("\ufeff\r\n")
    if header not in SCANS:
        raise refuse(path, NAME, f"the first line is not {HEADER}.")
    refuse_cut_row(path, NAME)
    for scan in SCANS[header]:
        yield Scan(scan.table, scan.sql, {"path": str(path), "compression": compression_of(path)})
