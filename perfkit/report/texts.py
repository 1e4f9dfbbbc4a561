"""A document's bytes, text and lines, or the sentence that says why there are none."""

from __future__ import annotations

from pathlib import Path

from perfkit.errors import DocumentError


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
    """Without their ends."""
    return text_of(path).splitlines()
