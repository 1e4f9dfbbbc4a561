"""Which reports does the archive hold? One line each, newest first, in a marked block of its README."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from perfkit.report.blocks import body_of, put

BLOCK = "archive_index"
NEW = """# Archive of performance reports

Each report stands as it was written. `perfkit verify FILE` computes its numbers again from the runs that it names.
"""
LINE = re.compile(r"- (?P<date>\d{4}-\d{2}-\d{2}) · \[.*?\]\(<?(?P<file>[^)>]+)>?\)")
LONGEST_ANSWER = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One report."""

    on: date
    feature: str
    file: str
    """Beside the index."""
    answer: str

    @property
    def line(self) -> str:
        feature = " ".join(self.feature.replace("[", "(").replace("]", ")").split())
        said = " ".join(self.answer.split())
        short = said if len(said) <= LONGEST_ANSWER else f"{said[:LONGEST_ANSWER].rsplit(' ', 1)[0]} …"
        return f"- {self.on.isoformat()} · [{feature}]({self.file}): {short or 'no answer is stated'}"


def indexed(text: str | None, entry: Entry, document: str) -> str:
    """The index with the report; None begins a new one."""
    before = NEW if text is None else text
    listed = [line for line in body_of(before, BLOCK, document) if _file(line) not in (None, entry.file)]
    return put(before, BLOCK, sorted([entry.line, *listed], key=_date, reverse=True), None, document)


def _file(line: str) -> str | None:
    match = LINE.match(line)
    return match["file"] if match else None


def _date(line: str) -> str:
    match = LINE.match(line)
    return match["date"] if match else ""
