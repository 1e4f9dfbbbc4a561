"""The trace of perfkit.trace: NDJSON with a header line, one line a span, and a closing line when the application ended cleanly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.errors import ArtefactError
from perfkit.model.artefact import GZIP_MAGIC, Head
from perfkit.model.batch import Batch, Scan

NAME = "perfkit-trace"
KIND = "trace"
TOOL = "perfkit.trace"
ABOUT = "spans of perfkit.trace (SQL, cache, models, HTTP, timed functions), NDJSON, also gzip"
BY_LINE = True

MARK = '{"perfkit_trace":'
SCAN = Path(__file__).with_suffix(".sql")


def sniff(head: Head) -> bool:
    """The header line."""
    return head.first_line.replace(" ", "").startswith(MARK)


def read(path: Path) -> Iterator[Batch]:
    """Every span. An application that was killed leaves no closing line; what it wrote until then counts, a cut line does not."""
    with path.open("rb") as file:
        gzipped = file.read(2) == GZIP_MAGIC
        file.seek(-1, 2)
        if not gzipped and file.read(1) != b"\n":
            raise ArtefactError(f"{path}: tried as {NAME}: the last line has no end, so the file was cut off.")
    yield Scan("spans", SCAN, {"path": str(path), "compression": "gzip" if gzipped else "none"})
