"""A hunk is a piece of code that changed between two commits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """As a unified diff tells it."""

    file: str
    """Before the change, relative to the repository's root."""
    start: int
    """First line before the change."""
    length: int
    """Lines before the change."""
    lines: tuple[str, ...]
    """Each begins with a space, a minus or a plus."""
