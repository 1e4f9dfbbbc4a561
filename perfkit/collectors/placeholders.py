"""Placeholders of any driver's style → numbered ones, and values in the order of their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from perfkit.collectors.statements import COMMENT, QUOTED, Statement
from perfkit.errors import UsageError

VALUE_FOLLOWS = r"(?!\s*(?:['\"$%@?]|:\w|array\s*\[))"
"""After the question mark of an operator, as in `data ? 'key'`, comes a value; after a placeholder never."""
PYTHON = r"%\((?P<name>\w+)\)s|%s"
STYLES = tuple(
    re.compile(rf"{COMMENT}|{QUOTED}|(?P<placeholder>{style})", re.DOTALL | re.IGNORECASE)
    for style in (
        r"(?<![\w$])\$(?P<name>\d+)",
        PYTHON,
        r"(?<![:\w\]'])(?::|(?<![<>~!@#^&|?])@)(?P<name>[a-z_]\w*)|(?<![\w$])\$(?P<dollar>[a-z_]\w*)(?!\$)",
        rf"\?(?P<name>\d+)|(?<!\?)\?(?![|&?]){VALUE_FOLLOWS}",
    )
)
"""A statement uses one of them; the ones that SQL cannot mean otherwise come first."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A statement whose placeholders are numbered from 1."""

    text: str
    names: tuple[str, ...]
    """What the statement calls the first, the second … placeholder; a number where it has no name."""


def numbered(sql: str, mark: str = "$") -> Numbered:
    """The statement with its placeholders as $1, $2 …, or with another mark before the number."""
    for style in STYLES:
        names: dict[str, int] = {}
        text = style.sub(partial(_rewritten, names, mark), sql)
        if names:
            text = text.replace("%%", "%") if PYTHON in style.pattern else text
            return Numbered(text, tuple(names))
    return Numbered(sql, ())


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


def _rewritten(names: dict[str, int], mark: str, token: re.Match[str]) -> str:
    if not token["placeholder"]:
        return token[0]
    found = token["name"] or token.groupdict().get("dollar") or str(len(names) + 1)
    if found.isdigit():
        for before in range(len(names) + 1, int(found) + 1):
            names.setdefault(str(before), before)
    return f"{mark}{names.setdefault(found, len(names) + 1)}"
