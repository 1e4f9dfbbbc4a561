"""YAML → plain content, and on which line each part of it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from perfkit.errors import UsageError

MOST_PLACES = 50_000
"""An alias of an alias multiplies."""
Place = tuple[int | str, ...]
"""Keys and positions from the root: ("targets", 3, "limit")."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a file."""

    line: int
    text: str


class WrongFileError(UsageError):
    """Everything that is wrong in one file."""

    def __init__(self, path: Path, what: str, found: list[Mistake]) -> None:
        self.path = path
        self.found = sorted(found, key=lambda item: item.line)
        told = "; ".join(f"line {item.line}: {item.text.rstrip('.')}" for item in self.found)
        counted = f"{len(self.found)} mistakes: " if len(self.found) > 1 else ""
        super().__init__(f"{path}: not {what}: {counted}{told}.")


@dataclass(frozen=True, slots=True)
class Lined:
    """A YAML document that knows its lines."""

    path: Path
    content: Any
    lines: dict[Place, int]
    twice: tuple[tuple[Place, int], ...]
    """Keys that stand in one mapping a second time, with the second line."""

    def line(self, place: Place) -> int:
        """Of the part, or of what is left of its path in the file when it is missing there."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_lined(path: Path, what: str) -> Lined:
    """A file, or the error that names the line where it stops being YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        content = loader.construct_document(root) if root is not None else None
        walked = list(islice(_walk(root, ()), MOST_PLACES + 1)) if root is not None else []
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise WrongFileError(path, what, [_no_yaml(error)]) from error
    if len(walked) > MOST_PLACES:
        raise WrongFileError(path, what, [Mistake(1, f"it holds more than {MOST_PLACES} keys and entries, which nobody wrote by hand.")])
    lines: dict[Place, int] = {}
    twice = []
    for place, line in walked:
        if place in lines:
            twice.append((place, line))
        lines.setdefault(place, line)
    return Lined(path, content, lines, tuple(twice))


def _no_yaml(error: Exception) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or " ".join(str(error).split()) or "it is nested too deeply"
    hint = " A text with ': ' or ' #' in it, or one that begins with >, *, @, % or {, stands in quotes."
    return Mistake(mark.line + 1 if mark else 1, f"this is not YAML: {said}.{hint}")


def _walk(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    if not place:
        yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            yield inner, key.start_mark.line + 1
            yield from _walk(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield (*place, number), item.start_mark.line + 1
            yield from _walk(item, (*place, number))
