"""The rules that every document keeps: at most 700 lines, headings in order, footnotes that exist. And whether it reads well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from perfkit.errors import DocumentError
from perfkit.report.prose import Document, complaints
from perfkit.report.texts import lines_of

Level = Literal["error", "warning"]

LINE_LIMIT = 700
HEADING = re.compile(r"^(?P<marks>#{1,6})\s+\S")
FENCE = re.compile(r"^\s*(```|~~~)")
REFERENCE = re.compile(r"(?!^\[\^[^\]]+\]:)\[\^(?P<name>[^\]]+)\]")
DEFINITION = re.compile(r"^\[\^(?P<name>[^\]]+)\]:")


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about a document."""

    path: str
    line: int
    message: str
    level: Level = "error"


def lint(path: Path) -> list[Remark]:
    """What is wrong with one document."""
    lines = lines_of(path)
    return [*_too_long(path, lines), *_structure(path, lines), *_footnotes(path, lines)]


def readability(path: Path) -> list[Remark]:
    """What its readers stumble over; all of it is a guess, so nothing here is wrong for sure."""
    lines = lines_of(path)
    return [Remark(str(path), line, message, "warning") for line, message in complaints(Document(lines, list(outside_fences(lines))))]


def documents(paths: list[Path]) -> list[Path]:
    """The markdown files that are meant: a folder means all below it."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DocumentError(f"{path}: there is no such document.")
        found += sorted(path.rglob("*.md")) if path.is_dir() else [path]
    if not found:
        raise DocumentError(f"{', '.join(map(str, paths))}: no markdown document in there.")
    return found


def outside_fences(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Line number and text of everything that is not code."""
    fenced = False
    for number, line in enumerate(lines, start=1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def _too_long(path: Path, lines: list[str]) -> list[Remark]:
    if len(lines) <= LINE_LIMIT:
        return []
    return [Remark(str(path), len(lines), f"{len(lines)} lines, {LINE_LIMIT} are allowed: move a part into a document of its own.")]


def _structure(path: Path, lines: list[str]) -> list[Remark]:
    remarks, level = [], 0
    for number, line in outside_fences(lines):
        heading = HEADING.match(line)
        if heading:
            found = len(heading["marks"])
            if level and found > level + 1:
                remarks.append(Remark(str(path), number, f"heading of level {found} below one of level {level}: a level is left out."))
            level = found
    if sum(1 for line in lines if FENCE.match(line)) % 2:
        remarks.append(Remark(str(path), len(lines), "a code block is not closed."))
    return remarks


def _footnotes(path: Path, lines: list[str]) -> list[Remark]:
    defined = {match["name"]: number for number, line in outside_fences(lines) if (match := DEFINITION.match(line))}
    used: dict[str, int] = {}
    for number, line in outside_fences(lines):
        for match in REFERENCE.finditer(line):
            used.setdefault(match["name"], number)
    undefined = [Remark(str(path), number, f"footnote [^{name}] has no text.") for name, number in used.items() if name not in defined]
    return undefined + [Remark(str(path), number, f"footnote [^{name}] is used nowhere.") for name, number in defined.items() if name not in used]
