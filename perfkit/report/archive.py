"""Reports that are kept: docs/archive/performance_<feature>_<date>.md, never overwriting another one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from perfkit.errors import DocumentError
from perfkit.report.lint import lint
from perfkit.report.render import write

NOT_A_WORD = re.compile(r"[^a-z0-9]+")
TITLE = re.compile(r"^## Performance Optimization: (?P<feature>.+)$", re.MULTILINE)


def archive(report: Path, folder: Path, feature: str | None, on: date) -> Path:
    """Copy a report into the archive; a second one of the same day gets a number."""
    remarks = lint(report)
    if remarks:
        raise DocumentError(f"{report} is not archived: line {remarks[0].line}: {remarks[0].message}")
    text = report.read_text(encoding="utf-8")
    place = _free_place(folder, slug(feature or _feature(report, text)), on, text)
    write(place, text)
    return place


def slug(feature: str) -> str:
    """A feature's name as part of a file name."""
    name = NOT_A_WORD.sub("_", feature.lower()).strip("_")
    if not name:
        raise DocumentError(f"The feature {feature!r} gives no file name. Name it with letters or digits.")
    return name


def _feature(report: Path, text: str) -> str:
    title = TITLE.search(text)
    return title["feature"] if title else report.stem


def _free_place(folder: Path, name: str, on: date, text: str) -> Path:
    for number in range(1, 1000):
        place = folder / f"performance_{name}_{on.isoformat()}{f'_{number}' if number > 1 else ''}.md"
        if not place.exists() or place.read_text(encoding="utf-8") == text:
            return place
    raise DocumentError(f"{folder} holds a thousand reports on {name} of {on} already.")
