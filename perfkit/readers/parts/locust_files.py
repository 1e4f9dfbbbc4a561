"""What Locust's own files have in common: tables under a known header, and times that were rounded before they were counted."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.readers.parts.parsing import number, refuse, refuse_cut_row, rows_of

NO_REQUESTS = "N/A"
STEPS = ((100, 1), (1000, 10), (10_000, 100))
"""Below each limit times are rounded to a multiple of the step."""
LAST_STEP = 1000
LARGEST = 2**53
"""Beyond it a count is damage, and a number would lose digits."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, by the names of its header."""

    path: Path
    format_name: str
    line: int
    """The last line that the row takes: quoted texts may span several."""
    cells: dict[str, str]

    def text(self, column: str) -> str:
        return self.cells[column]

    def amount(self, column: str) -> float:
        """A count, a time or a rate: finite and never negative."""
        value = number(self.path, self.format_name, self.cells[column], self.line)
        if value < 0:
            raise refuse(self.path, self.format_name, f"{column} is {self.cells[column]}, but it cannot be negative.", self.line)
        return value

    def count(self, column: str) -> int:
        value = self.amount(column)
        if not value.is_integer() or value > LARGEST:
            raise refuse(self.path, self.format_name, f"{column} is {self.cells[column]}, which is no count.", self.line)
        return int(value)


@dataclass(frozen=True, slots=True)
class Interval:
    """The true times that are rounded to one value, both ends inside."""

    lo: float
    hi: float


def has_header(head: Head, columns: Sequence[str]) -> bool:
    """Whether the first line names these columns first, quoted or not."""
    return _cells(head.first_line)[: len(columns)] == list(columns)


def table(path: Path, name: str, columns: Sequence[str]) -> tuple[list[str], Iterator[Row]]:
    """The header, and lazily the rows, of a table that begins with these columns; refuses short, long and cut rows."""
    refuse_cut_row(path, name)
    lines = rows_of(path, name)
    _, header = next(lines, (0, []))
    if header[: len(columns)] != list(columns):
        raise refuse(path, name, f"the first line does not begin with {','.join(columns)}.", 1)
    if len(set(header)) < len(header):
        raise refuse(path, name, "the first line names a column twice.", 1)
    return header, _rows(path, name, header, lines)


def percentile_columns(header: Sequence[str]) -> dict[str, str]:
    """Column → the percentile's name, such as 95% → p95."""
    return {column: f"p{column[:-1]}" for column in header if column.endswith("%") and column[:-1].replace(".", "", 1).isdigit()}


def rounded(milliseconds: float) -> float:
    """As Locust rounds a response time: two digits are left, halves go to the even neighbour."""
    step = _step(milliseconds)
    return float(round(milliseconds / step) * step)


def interval_of(printed: float) -> Interval | None:
    """All true times that Locust prints so; None when its own rounding never gives this value."""
    if printed != rounded(printed):
        return None
    below, above = _step(printed - 0.5) / 2, _step(printed) / 2
    lo, hi = max(printed - below, 0.0), printed + above
    lo_even = (printed / (2 * below)) % 2 == 0
    hi_even = (printed / (2 * above)) % 2 == 0
    return Interval(lo if lo_even else math.nextafter(lo, math.inf), hi if hi_even else math.nextafter(hi, 0))


def _step(milliseconds: float) -> int:
    return next((step for limit, step in STEPS if milliseconds < limit), LAST_STEP)


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _rows(path: Path, name: str, header: list[str], lines: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    for line, cells in lines:
        if len(cells) != len(header):
            raise refuse(path, name, f"a row of {len(cells)} values under {len(header)} columns.", line)
        yield Row(path, name, line, dict(zip(header, cells, strict=True)))
