"""Placeholders of any driver's style → numbered ones, and values in the order of their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perfkit.collectors.statements import COMMENT, QUOTED, Statement
from perfkit.errors import UsageError

VALUE_FOLLOWS = r"(?!\s*(?:['\"$%:@?]|array\s*\[))"
"""After the question mark of an operator, as in `data ? 'key'`, comes a value; after a placeholder never."""
STYLES = (
    re.compile(r"(?<![\w$])\$(?P<name>\d+)"),
    re.compile(r"%\((?P<name>\w+)\)s|%s"),
    re.compile(r"(?<![:\w\]])[:@](?P<name>[A-Za-z_]\w*)|(?<![\w$])\$(?P<dollar>[A-Za-z_]\w*)(?!\$)"),
    re.compile(rf"\?(?P<name>\d+)|(?<!\?)\?(?![|&?]){VALUE_FOLLOWS}", re.IGNORECASE),
)
"""A statement uses one of them; the ones that SQL cannot mean otherwise come first."""
PYTHON_STYLE = STYLES[1]
APART = re.compile(rf"{COMMENT}|{QUOTED}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A statement whose placeholders are numbered from 1."""

    text: str
    names: tuple[str, ...]
    """What the statement calls the first, the second … placeholder; a number where it has no name."""


def numbered(sql: str, mark: str = "$") -> Numbered:
    """The statement with its placeholders as $1, $2 …, or with another mark before the number."""
    pieces = _pieces(sql)
    style = next((style for style in STYLES if any(code and style.search(piece) for piece, code in pieces)), None)
    if style is None:
        return Numbered(sql, ())
    names: dict[str, int] = {}
    text = "".join(_rewritten(piece, style, names, mark) if code else piece for piece, code in pieces)
    if style is PYTHON_STYLE:
        text = text.replace("%%", "%")
    return Numbered(text, tuple(sorted(names, key=lambda name: names[name])))


def values_of(statement: Statement, names: tuple[str, ...]) -> list[Any] | None:
    """A value for each placeholder; None when nobody knows them, an empty list when none is needed."""
    given = statement.values
    if not names:
        if given:
            raise UsageError(f"{statement.title} has values but no placeholder such as $1, ?, %s or :name.")
        return []
    if given is None:
        return None
    if isinstance(given, Mapping):
        missing = [name for name in names if name not in given]
        if missing:
            raise UsageError(f"{statement.title} has no value for {', '.join(missing)}. Given are: {', '.join(given) or 'none'}.")
        return [given[name] for name in names]
    if len(given) != len(names):
        raise UsageError(f"{statement.title} needs {len(names)} values, but {len(given)} are given.")
    return list(given)


def _pieces(sql: str) -> list[tuple[str, bool]]:
    """The text cut into comments and literals, and the code between them, which is told by True."""
    pieces, start = [], 0
    for match in APART.finditer(sql):
        pieces += [(sql[start : match.start()], True), (match[0], False)]
        start = match.end()
    return [*pieces, (sql[start:], True)]


def _rewritten(code: str, style: re.Pattern[str], names: dict[str, int], mark: str) -> str:
    def number(match: re.Match[str]) -> str:
        found = next(filter(None, match.groupdict().values()), None) or str(len(names) + 1)
        if found.isdigit():
            for before in range(len(names) + 1, int(found) + 1):
                names.setdefault(str(before), before)
        return f"{mark}{names.setdefault(found, len(names) + 1)}"

    return style.sub(number, code)
