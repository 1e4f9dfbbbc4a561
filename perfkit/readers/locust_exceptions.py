"""Locust's `--csv` exceptions: what went wrong inside the test's own tasks, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.locust_files import Row, has_header, table

NAME = "locust-exceptions"
KIND = "failures"
TOOL = "locust"
ABOUT = "Locust's exceptions (--csv P → P_exceptions.csv): errors of the test itself; a file with its header only says that there were none"
BY_LINE = False

COLUMNS = ("Count", "Message", "Traceback", "Nodes")
FRAME = re.compile(r'^\s*File "(?P<file>[^"]*)", line (?P<line>\d+), in (?P<function>.+?)\s*$', re.MULTILINE)
ALL = "all exceptions in tasks"


@dataclass(frozen=True, slots=True)
class Exceptions:
    """A row of reported; no endpoint, because a task is none."""

    stat: str
    value: float
    lo: float
    hi: float
    unit: str
    about: str


def sniff(head: Head) -> bool:
    """The header is the format."""
    return has_header(head, COLUMNS)


def read(path: Path) -> Iterator[Batch]:
    """Every exception, and their total: without it a test without exceptions would leave no row."""
    _, rows = table(path, NAME, COLUMNS)
    exceptions = [_counted(row.count("Count"), _about(row)) for row in rows]
    yield Manifest(load_model="closed")
    yield columns_of("reported", [*exceptions, _counted(sum(int(item.value) for item in exceptions), ALL)])


def _counted(count: int, about: str) -> Exceptions:
    return Exceptions("error", count, count, count, "count", about)


def _about(row: Row) -> str:
    """The message and the innermost frame, which tells apart equal messages of different places."""
    frames = list(FRAME.finditer(row.text("Traceback")))
    if not frames:
        return row.text("Message")
    return "{0} (in {function}, {file}:{line})".format(row.text("Message"), **frames[-1].groupdict())
