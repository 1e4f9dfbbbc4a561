"""ApacheBench's per-request table (ab -g), sorted by duration. It has no status: what failed stands among the rest, unmarked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Scan
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import compression_of, refuse_cut_row

NAME = "ab-gnuplot"
KIND = "load"
TOOL = "ab"
ABOUT = "ab -g FILE, tab-separated, also gzip; shown but not judged: it does not say which requests failed, so status is 0 and ok is true for all"
BY_LINE = True

HEADER = "starttime\tseconds\tctime\tdtime\tttime\twait"
SCAN = Path(__file__).with_suffix(".sql")
NOT_JUDGED = "ab -g writes no status: failed requests cannot be told from the others, so neither errors nor latency can be judged"


def sniff(head: Head) -> bool:
    """The header is the format."""
    return head.first_line == HEADER


def read(path: Path) -> Iterator[Batch]:
    """Every request. An error rate of nought would be a claim that the file does not make, so the run is not valid."""
    refuse_cut_row(path, NAME)
    yield Manifest(load_model="closed", valid=False, invalid_because=NOT_JUDGED)
    yield Scan("requests", SCAN, {"path": str(path), "compression": compression_of(path)})
