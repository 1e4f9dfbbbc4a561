"""vegeta's results as CSV without a header: twelve columns a request, times in nanoseconds. Never read by Python: DuckDB scans it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Scan
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import compression_of, refuse_cut_row

NAME = "vegeta-csv"
KIND = "load"
TOOL = "vegeta"
ABOUT = "vegeta encode --to csv, twelve columns without a header, also gzip"
BY_LINE = True

SCAN = Path(__file__).with_suffix(".sql")
START = re.compile(r"\d{18,19},\d{1,3},\d+,\d+,\d+,")
"""A time in nanoseconds of the epoch, a status, a latency and two sizes; what follows may be longer than the head."""


def sniff(head: Head) -> bool:
    """Five integers of which the first can only be a time in nanoseconds."""
    return START.match(head.first_line) is not None


def read(path: Path) -> Iterator[Batch]:
    """Every request; arrivals do not wait for answers."""
    refuse_cut_row(path, NAME)
    yield Manifest(load_model="open")
    yield Scan("requests", SCAN, {"path": str(path), "compression": compression_of(path)})
