"""Locust's `--csv` failures: how often each endpoint failed with which error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.locust_files import Row, has_header, table
from perfkit.readers.parts.parsing import refuse

NAME = "locust-failures"
KIND = "failures"
TOOL = "locust"
ABOUT = "Locust's failures (--csv P → P_failures.csv): count by endpoint and error; a file with its header only says that nothing failed"
BY_LINE = False

COLUMNS = ("Method", "Name", "Error", "Occurrences")
FIRST_SEEN = "First Seen"


@dataclass(frozen=True, slots=True)
class Failures:
    """A row of reported."""

    endpoint: str | None
    """None for the total."""
    method: str | None
    stat: str
    value: float
    lo: float
    hi: float
    unit: str
    about: str | None


def sniff(head: Head) -> bool:
    """The header is the format."""
    return has_header(head, COLUMNS)


def read(path: Path) -> Iterator[Batch]:
    """Every error, and their total: without it a test that never failed would leave no row."""
    header, rows = table(path, NAME, COLUMNS)
    failures: list[Failures] = []
    moments: list[datetime] = []
    for row in rows:
        count = row.count("Occurrences")
        failures.append(Failures(row.text("Name"), row.text("Method") or None, "error", count, count, count, "count", row.text("Error")))
        if FIRST_SEEN in header and row.text(FIRST_SEEN):
            moments.append(_moment(row))
    total = sum(item.value for item in failures)
    yield Manifest(load_model="closed", started_at=min(moments, default=None))
    yield columns_of("reported", [*failures, Failures(None, None, "failures", total, total, total, "count", None)])


def _moment(row: Row) -> datetime:
    try:
        moment = datetime.fromisoformat(row.text(FIRST_SEEN))
    except ValueError as error:
        raise refuse(row.path, NAME, f"{row.text(FIRST_SEEN)[:40]!r} is no time.", row.line) from error
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
