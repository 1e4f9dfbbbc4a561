"""One module a format, all of one form: NAME, KIND, TOOL, ABOUT, BY_LINE, sniff(head), read(path). The first that recognises a file reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

from perfkit.errors import UnknownFormat, unknown
from perfkit.model.artefact import Head, read_head
from perfkit.model.batch import Batch
from perfkit.readers import cprofile as cprofile
from perfkit.readers import k6_points as k6_points
from perfkit.readers import locust_requests as locust_requests
from perfkit.readers import perfkit_rounds as perfkit_rounds
from perfkit.readers import pg_explain as pg_explain
from perfkit.readers import trace_spans as trace_spans


class Reader(Protocol):
    """What a module of this folder offers."""

    NAME: str
    KIND: str
    TOOL: str
    ABOUT: str
    BY_LINE: bool
    """Whether a file that was cut off can still be read up to its last whole line."""

    def sniff(self, head: Head) -> bool:
        """Whether these first bytes are of this format."""

    def read(self, path: Path) -> Iterator[Batch]:
        """The artefact's rows, and a Manifest where it says something of its run; raises ArtefactError where it breaks its format's promise."""


READERS: dict[str, Reader] = {
    module.NAME: cast(Reader, module)
    for module in (trace_spans, k6_points, locust_requests, perfkit_rounds.BENCH, perfkit_rounds.SWEEP, pg_explain, cprofile)
}


def detect(path: Path, head: Head | None = None) -> Reader:
    """The reader for a file, chosen by its content."""
    head = head or read_head(path)
    for reader in READERS.values():
        if reader.sniff(head):
            return reader
    raise UnknownFormat(f"{path}: tried {', '.join(READERS)}: none recognises the content. Name one with --as if you know better.")


def reader_named(name: str) -> Reader:
    """The reader a user asked for."""
    if name not in READERS:
        raise unknown("format", name, READERS)
    return READERS[name]
