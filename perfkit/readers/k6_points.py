"""k6's NDJSON output: nine points a request, stamped when the request ended. DuckDB scans it; Python reads only its first bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Scan
from perfkit.readers.parts.parsing import compression_of, refuse_cut_row

NAME = "k6-points"
KIND = "load"
TOOL = "k6"
ABOUT = "k6 run --out json=FILE, NDJSON, also gzip"
BY_LINE = True

SCAN = Path(__file__).with_suffix(".sql")


def sniff(head: Head) -> bool:
    """The first line is a metric or a point of one."""
    try:
        line = json.loads(head.first_line)
    except (ValueError, RecursionError):
        return False
    return isinstance(line, dict) and line.get("type") in ("Metric", "Point") and "metric" in line and isinstance(line.get("data"), dict)


def read(path: Path) -> Iterator[Batch]:
    """Every request, from the points of its duration."""
    refuse_cut_row(path, NAME)
    yield Scan("requests", SCAN, {"path": str(path), "compression": compression_of(path)})
