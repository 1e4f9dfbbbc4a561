"""What readers of text have in common: damage becomes an ArtefactError that names file, line and reason."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import GZIP_MAGIC, open_artefact

ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")

MOST = 2**53
"""Above it a double does not hold every integer."""


def is_gzip(path: Path) -> bool:
    """By its first two bytes."""
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def compression_of(path: Path) -> str:
    """The word that a scan's `compression` takes."""
    return "gzip" if is_gzip(path) else "none"


def last_modified(path: Path) -> datetime:
    """The nearest thing to a date that a file without one has."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)


def refuse(path: Path, name: str, reason: str, line: int | None = None) -> ArtefactError:
    """The error of a file that breaks its format's promise."""
    where = f"{path}, line {line}" if line else f"{path}"
    return ArtefactError(f"{where}: tried as {name}: {reason}")


def refuse_cut_row(path: Path, name: str) -> None:
    """A file of rows whose last one has no end was cut off."""
    if is_gzip(path):
        return
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            raise refuse(path, name, "the file is empty.")
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            raise refuse(
                path, name, "the last row has no end, so the file was cut off. --partial reads the whole rows and marks the run as not valid."
            )


def text_of(path: Path, name: str) -> str:
    """A small file's text, decompressed where it is gzip."""
    return decoded(path, name, bytes_of(path, name))


def bytes_of(path: Path, name: str) -> bytes:
    """A small file, decompressed where it is gzip."""
    try:
        with open_artefact(path) as file:
            return file.read()
    except (EOFError, zlib.error) as error:
        raise refuse(path, name, f"the compressed data is damaged: {error}.") from error


def decoded(path: Path, name: str, given: bytes) -> str:
    """The text that these bytes of the file are."""
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse(path, name, f"byte {error.start} is not UTF-8.") from error


def json_of(path: Path, name: str) -> Any:
    """A file that is one JSON document whose texts can be stored: JSON may escape half a character, UTF-8 cannot hold it."""
    text = text_of(path, name)
    try:
        document = json.loads(text)
        if ESCAPED_HALF.search(text):
            json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise refuse(path, name, f"no whole JSON document: {error.msg} at column {error.colno}.", error.lineno) from error
    except RecursionError as error:
        raise refuse(path, name, "it is nested too deeply.") from error
    except UnicodeEncodeError as error:
        raise refuse(path, name, f"a text holds half a character, {error.object[error.start]!r}.") from error
    return document


def rows_of(path: Path, name: str, *, dialect: str = "excel", **options: Any) -> Iterator[tuple[int, list[str]]]:
    """Lines of a small delimited file with their numbers, empty ones left out."""
    reader = csv.reader(io.StringIO(text_of(path, name)), dialect=dialect, strict=True, **options)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise refuse(path, name, f"{error}.", reader.line_num) from error


def number(path: Path, name: str, text: str, line: int | None = None) -> float:
    """A finite number, or an error that shows what stood there."""
    try:
        value = float(text)
    except (TypeError, ValueError) as error:
        raise refuse(path, name, f"{str(text)[:40]!r} is no number.", line) from error
    if not math.isfinite(value):
        raise refuse(path, name, f"{text!r} is no finite number.", line)
    return value


def amount(path: Path, name: str, value: Any) -> float:
    """A value of a JSON document that must be a finite number and cannot be negative."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(path, name, f"{str(value)[:40]!r} stands where a number belongs.")
    if not 0 <= value <= sys.float_info.max:
        raise refuse(path, name, f"{str(value)[:40]} is negative or not finite.")
    return float(value)


def whole_amount(path: Path, name: str, value: Any) -> int:
    """A count in a JSON document."""
    found = amount(path, name, value)
    if not found.is_integer() or found > MOST:
        raise refuse(path, name, f"{str(value)[:40]} is no count.")
    return int(found)


def require_keys(path: Path, name: str, item: Any, keys: Sequence[str]) -> dict[str, Any]:
    """A JSON object that has all of the keys."""
    if not isinstance(item, dict):
        raise refuse(path, name, f"{'an object with ' + ', '.join(keys) if keys else 'an object'} was expected, not {str(item)[:40]!r}.")
    missing = [key for key in keys if key not in item]
    if missing:
        raise refuse(path, name, f"an object without {', '.join(missing)}.")
    found: dict[str, Any] = item
    return found
