"""OpenTelemetry's spans in OTLP JSON: the collector's file exporter with one request a line, or one document. Python never sees a span."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head, open_artefact, read_head
from perfkit.model.batch import Batch, Scan
from perfkit.readers.parts.parsing import compression_of, refuse

NAME = "otlp-spans"
KIND = "trace"
TOOL = "opentelemetry"
ABOUT = "spans of OpenTelemetry in OTLP JSON, one request a line or one document, also Tempo's, also gzip"
BY_LINE = True

SCAN = Path(__file__).with_suffix(".sql")
GROUPS = ('"scopeSpans"', '"instrumentationLibrarySpans"')
LARGEST_BYTES = 64 << 20
"""The longest request, or the largest single document: DuckDB holds several in memory at a time."""
SMALLEST_BYTES = 1 << 20
CHUNK_BYTES = 1 << 20


def sniff(head: Head) -> bool:
    """An object with spans grouped by resource."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return text[:1] == "{" and ('"resourceSpans"' in text or ('"batches"' in text and any(group in text for group in GROUPS)))


def read(path: Path) -> Iterator[Batch]:
    """Every span; a kind of its own for servers, databases, caches, models and HTTP calls."""
    by_line = _is_line(read_head(path))
    longest = _longest_line(path) if by_line else _size(path)
    if longest > LARGEST_BYTES:
        what = "one line" if by_line else "one document"
        raise refuse(
            path,
            NAME,
            f"{what} of {longest >> 20} MiB; at most {LARGEST_BYTES >> 20} MiB are read at once. "
            "Write one request a line, as the collector's file exporter does, and fewer spans a request.",
        )
    parameters = {
        "path": str(path),
        "format": "newline_delimited" if by_line else "unstructured",
        "compression": compression_of(path),
        "object_bytes": max(longest + 1, SMALLEST_BYTES),
    }
    yield Scan("spans", SCAN, parameters)


def _is_line(head: Head) -> bool:
    """Whether the first line is a whole request; a first line longer than the head is taken for one."""
    line, ended, _ = head.text.lstrip("\ufeff").partition("\n")
    if not ended and not head.complete:
        return True
    try:
        return isinstance(json.loads(line), dict)
    except (json.JSONDecodeError, RecursionError):
        return False


def _longest_line(path: Path) -> int:
    """In bytes: what DuckDB must be able to hold."""
    longest = current = 0
    for chunk in _chunks(path):
        first, *others = chunk.split(b"\n")
        current += len(first)
        if others:
            longest, current = max(longest, current, *map(len, others)), len(others[-1])
    return max(longest, current)


def _size(path: Path) -> int:
    return sum(map(len, _chunks(path)))


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with open_artefact(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except (EOFError, zlib.error) as error:
        raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error
