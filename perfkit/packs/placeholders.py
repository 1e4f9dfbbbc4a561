"""{label}, {command}, {url} … in what an investigation file says: which stand there, and what takes their place."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

PLACE = re.compile(r"\{\{(?P<kept>\w+)\}\}|\{(?P<name>[a-zA-Z_]\w*)\}")
"""{{label}} is no placeholder: it becomes {label}."""
Filling = str | tuple[str, ...]
"""A text, or the words of a command."""


def placeholders(value: Any) -> Iterator[str]:
    """The names in a text, a list or a mapping."""
    if isinstance(value, str):
        yield from (found["name"] for found in PLACE.finditer(value) if found["name"])
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from placeholders(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from placeholders(item)


def filled(value: Any, known: Mapping[str, Filling]) -> Any:
    """The value with every placeholder replaced. A command that stands alone stays a list, and in a list it becomes its words."""
    if isinstance(value, str):
        alone = _alone(value, known)
        return list(alone) if isinstance(alone, tuple) else PLACE.sub(lambda found: _put(found, known), value)
    if isinstance(value, list | tuple):
        return [word for item in value for word in _spliced(item, known)]
    return value


def _alone(value: str, known: Mapping[str, Filling]) -> Filling | None:
    found = PLACE.fullmatch(value)
    return known[found["name"]] if found and found["name"] else None


def _spliced(item: Any, known: Mapping[str, Filling]) -> list[Any]:
    put = filled(item, known)
    return put if isinstance(put, list) and isinstance(item, str) else [put]


def _put(found: re.Match[str], known: Mapping[str, Filling]) -> str:
    return f"{{{found['kept']}}}" if found["kept"] else _text(known[found["name"]])


def _text(words: Filling) -> str:
    return words if isinstance(words, str) else shlex.join(words)
