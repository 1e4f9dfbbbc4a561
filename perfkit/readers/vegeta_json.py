"""vegeta's results as NDJSON: one object a request, stamped when it was sent. DuckDB scans it; Python reads only its first bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Scan
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import compression_of

NAME = "vegeta-json"
KIND = "load"
TOOL = "vegeta"
ABOUT = "vegeta encode --to json, NDJSON, also gzip"
BY_LINE = True

SCAN = Path(__file__).with_suffix(".sql")
KEYS = ('"attack":', '"seq":', '"code":', '"timestamp":', '"latency":', '"bytes_in":')


def sniff(head: Head) -> bool:
    """The first line is an object with a result's keys. A body may make it longer than the head, so it is not parsed."""
    line = head.first_line
    return line.startswith("{") and all(key in line for key in KEYS)


def read(path: Path) -> Iterator[Batch]:
    """Every request; arrivals do not wait for answers."""
    yield Manifest(load_model="open")
    yield Scan("requests", SCAN, {"path": str(path), "compression": compression_of(path)})
