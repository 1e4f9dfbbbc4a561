"""A command line as a run may tell it to everybody who reads its report: without the passwords that were typed into it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perfkit.model.run import HIDDEN

NAME = r"(?:password|passwd|pwd|secret|api[-_]?key|(?:access|api|auth|bearer)[-_]?token)"
OPTION = re.compile(rf"--?(?:token|[\w-]*{NAME})", re.IGNORECASE)
"""Its value is the next word, or stands behind an equals sign. A number of tokens is no secret."""
WITHIN = re.compile(rf"(?P<before>://[^:/@\s]*:)[^@\s]+(?=@)|(?P<name>{NAME}=)[^\s&]+", re.IGNORECASE)
"""In a URL, in its query, or among key=value pairs."""


def discreet(words: Sequence[str]) -> list[str]:
    """The words, passwords hidden."""
    return [_told(before, word) for before, word in zip(["", *words], words, strict=False)]


def _told(before: str, word: str) -> str:
    if OPTION.fullmatch(before) and not word.startswith("-"):
        return HIDDEN
    option, equals, value = word.partition("=")
    if value and OPTION.fullmatch(option):
        return f"{option}{equals}{HIDDEN}"
    return WITHIN.sub(lambda found: f"{found['before'] or found['name']}{HIDDEN}", word)
