"""oha's CSV: one row an answer, in seconds since oha began. Requests without an answer are not in it. DuckDB scans it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Scan
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import compression_of, last_modified, refuse_cut_row

NAME = "oha-csv"
KIND = "load"
TOOL = "oha"
ABOUT = (
    "oha --output-format csv, also gzip; times count from 1970-01-01, the endpoint is called all, requests without an answer are missing; "
    "with --latency-correction the durations count from the planned start, which the file does not tell: use --db-url there"
)
BY_LINE = True

HEADER = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status"
SCAN = Path(__file__).with_suffix(".sql")


def sniff(head: Head) -> bool:
    """The header is the format."""
    return head.first_line == HEADER


def read(path: Path) -> Iterator[Batch]:
    """Every answer, whatever its status. The file does not tell whether a rate was asked for, so the load model stays open to the user."""
    refuse_cut_row(path, NAME)
    yield Manifest(started_at=last_modified(path), answers_only=True)
    yield Scan("requests", SCAN, {"path": str(path), "compression": compression_of(path)})
