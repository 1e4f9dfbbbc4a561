"""What summaries and benchmark files have in common: JSON that must be numbers, moments, and the rows made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from perfkit.model.printed import Printed
from perfkit.readers.parts.parsing import json_of, refuse

EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A row of rounds."""

    benchmark: str
    round: int
    value: float
    unit: str
    phase: str | None = None


def printed(endpoint: str | None, stat: str, value: float, unit: str, error: float = 0.0) -> Printed:
    """A number as the tool gives it, right up to so much."""
    return Printed(endpoint, stat, value, max(value - error, 0.0) if value >= 0 else value - error, value + error, unit)


def document_of(path: Path, name: str) -> dict[str, Any]:
    """A file that is one JSON object."""
    return keyed(path, name, json_of(path, name), "the file")


def finite(path: Path, name: str, value: Any, what: str, *, signed: bool = False) -> float:
    """A JSON number; what is measured is not negative unless it may be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(path, name, f"{what} is {str(value)[:40]!r}, not a number.")
    try:
        amount = float(value)
    except OverflowError as error:
        raise refuse(path, name, f"{what} is too large.") from error
    if not math.isfinite(amount):
        raise refuse(path, name, f"{what} is {amount}, not a finite number.")
    if amount < 0 and not signed:
        raise refuse(path, name, f"{what} is {amount}: negative.")
    return amount


def listed(path: Path, name: str, value: Any, what: str) -> list[Any]:
    """A JSON array."""
    if not isinstance(value, list):
        raise refuse(path, name, f"{what} is not a list.")
    return value


def keyed(path: Path, name: str, value: Any, what: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise refuse(path, name, f"{what} is not an object.")
    return value


def worded(path: Path, name: str, value: Any, what: str) -> str:
    """A JSON string that is not empty."""
    if not isinstance(value, str) or not value:
        raise refuse(path, name, f"{what} is {str(value)[:40]!r}, not a text.")
    return value


def moment(path: Path, name: str, text: Any) -> datetime:
    """An ISO 8601 time as UTC without a zone; one that names no zone is taken as UTC."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise refuse(path, name, f"{str(text)[:40]!r} is no time.") from error
    return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)


def moment_after_epoch(path: Path, name: str, seconds: float) -> datetime:
    """Seconds of the epoch as UTC without a zone."""
    try:
        return EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise refuse(path, name, f"{seconds} seconds after 1970 is no time.") from error


def machine(facts: Mapping[str, Any], *keys: str) -> str | None:
    """A machine in words, from those facts that are there."""
    return ", ".join(str(facts[key]) for key in keys if facts.get(key) not in (None, "")) or None
