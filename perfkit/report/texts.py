"""A document's bytes, text and lines, or the sentence that says why there are none."""

from __future__ import annotations

import re
from pathlib import Path

from perfkit.errors import DocumentError

BYTE_ORDER_MARK = "\ufeff"
LINE_END = re.compile(r"\r\n|\n|\r")


def contents(path: Path) -> bytes:
    """A file's bytes."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror or error}.") from error


def text_of(path: Path) -> str:
    """With its own line ends."""
    try:
        return contents(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not a text in UTF-8: {error.reason} at byte {error.start}.") from error


def lines_of(path: Path) -> list[str]:
    """Without their ends, and without a byte order mark."""
    return split(text_of(path))


def split(text: str) -> list[str]:
    """As whoever shows markdown splits it: other than with splitlines, a line separator within a name ends no line."""
    return LINE_END.split(text.removeprefix(BYTE_ORDER_MARK).removesuffix("\n").removesuffix("\r")) if text else []
