"""Locust's raw request log: one row a request, written as requests end. Never read by Python: DuckDB scans it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Scan

NAME = "locust-requests"
KIND = "load"
TOOL = "locust"
ABOUT = "Locust's raw request log (CsvRequestLogger), CSV, also gzip"

HEADER = "timestamp,request_type,name,response_time_ms,response_length,status_code,exception"
SCAN = Path(__file__).with_suffix(".sql")


def sniff(head: Head) -> bool:
    """The header is the format."""
    return head.first_line == HEADER


def read(path: Path) -> Iterator[Batch]:
    """Every request; a file that ends within a row was cut off."""
    with open_artefact(path) as file:
        if file.readline(256).decode("utf-8", errors="replace").strip("\ufeff\r\n") != HEADER:
            raise ArtefactError(f"{path}: tried as {NAME}: the first line is not {HEADER}.")
        gzipped = _is_gzip(path)
    if not gzipped:
        _refuse_cut_row(path)
    yield Scan("requests", SCAN, {"path": str(path), "compression": "gzip" if gzipped else "none"})


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _refuse_cut_row(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            raise ArtefactError(f"{path}: tried as {NAME}: the last row has no end, so the file was cut off.")
