"""Text of others → text that only shows: names in artefacts may hold what steers a terminal or turns the reading direction."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters, line separators, marks of direction and halves of characters."""
STEERING_IN_LINES = re.compile(rf"(?![\n\t]){STEERING.pattern}")


def printable(text: str) -> str:
    """A name on one line."""
    return STEERING.sub(REPLACEMENT, text)


def printable_lines(text: str) -> str:
    """A text of several lines."""
    return STEERING_IN_LINES.sub(REPLACEMENT, text)


def escaped(document: str) -> str:
    """A JSON document that stays the same document, with what steers written as its number."""
    return STEERING_IN_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
