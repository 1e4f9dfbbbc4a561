"""Which lines of a document are read in one go? Paragraphs, items, headings, rows and code, whichever way a formatter breaks their lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from perfkit.report.lint import FENCE
from perfkit.report.table_rows import CODE, as_text

Kind = Literal["text", "quotation", "heading", "row", "code", "footnote"]

HEADING = re.compile(r"\s{0,3}#{1,6}\s+")
QUOTED = re.compile(r"\s*(?:>\s?)+")
ITEM = re.compile(r"\s*(?:[-*+]|(?P<number>[0-9]{1,9})[.)])\s+")
NOTE = re.compile(r"\[\^(?P<number>[0-9]{1,6})\]:\s*(?P<text>.*)")
ESCAPED = re.compile(rf"{CODE}|\\(?P<sign>[!-/:-@\[-`{{-~])")
"""Formatters put a backslash before signs that they think might mean something."""
INDENTED = re.compile(r"\s{2,}\S")


@dataclass(frozen=True, slots=True)
class Passage:
    """Its lines by their numbers, without the marks that say what it is."""

    kind: Kind
    lines: Sequence[tuple[int, str]]
    head: str = ""
    """Of a row: the first row of its table, which says what its cells are."""

    @property
    def text(self) -> str:
        """On one line."""
        return " ".join(text for _, text in self.lines)

    @property
    def note(self) -> tuple[int, str] | None:
        """Number and text of a footnote."""
        match = NOTE.fullmatch(self.text) if self.kind == "footnote" else None
        return (int(match["number"]), ESCAPED.sub(lambda found: found["sign"] or found[0], match["text"])) if match else None

    def line_at(self, offset: int) -> int:
        """Where a place of its text stands."""
        ends = list(accumulate(len(text) + 1 for _, text in self.lines))
        return self.lines[min(bisect_right(ends, offset), len(self.lines) - 1)][0]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    kind: Kind | None
    """None: it is blank."""
    text: str
    begins: bool
    """True: what stands above does not go on here."""


@dataclass(slots=True)
class Counted:
    """The items of a document's lists so far: what does not count on is a number of its own."""

    newest: int = 0
    many: int = 0
    """Since a list began; formatters may call every item the first."""

    def goes_on(self, number: int) -> bool:
        """Whether an item may have this number."""
        fits = number in (1, self.newest, self.newest + 1, self.many + 1)
        self.newest, self.many = number, number if number > 1 else self.many + 1
        return fits


def passages(lines: Sequence[str]) -> Iterator[Passage]:
    """In their order; what is hidden in comments, and raw HTML, is text like any other."""
    kind: Kind | None = None
    held: list[tuple[int, str]] = []
    head = ""
    for line in (*_classified(lines), _Line(0, None, "", begins=True)):
        if held and kind and (line.begins or line.kind != kind):
            yield Passage(kind, held, head if kind == "row" else "")
            held = []
        if line.kind != "row":
            head = ""
        elif not head:
            head = line.text
        kind = line.kind
        if line.kind:
            held.append((line.number, line.text))


def _classified(lines: Sequence[str]) -> Iterator[_Line]:
    fenced, above, counted = False, None, Counted()
    for number, line in enumerate(lines, start=1):
        if FENCE.match(line) or fenced:
            mark = FENCE.match(line) is not None
            fenced ^= mark
            found = _Line(number, "code", line, begins=mark and fenced)
        else:
            found = _of_text(number, line, above, counted)
        yield found
        above = found.kind


def _of_text(number: int, line: str, above: Kind | None, counted: Counted) -> _Line:
    """A line outside code."""
    if not line.strip():
        return _Line(number, None, "", begins=True)
    if (note := NOTE.match(line)) or (above == "footnote" and INDENTED.match(line)):
        return _Line(number, "footnote", line.strip(), begins=note is not None)
    if line.lstrip().startswith("|"):
        return _Line(number, "row", as_text(line.strip()), begins=True)
    if heading := HEADING.match(line):
        return _Line(number, "heading", line[heading.end() :].strip(), begins=True)
    quoted = QUOTED.match(line)
    rest = line[quoted.end() :] if quoted else line
    listed = ITEM.match(rest)
    if listed and (listed["number"] is None or counted.goes_on(int(listed["number"]))):
        rest = rest[listed.end() :]
    begins = listed is not None or line.lstrip().startswith("<")
    return _Line(number, "quotation" if quoted else "text", rest.strip(), begins)
