"""Documents that our collectors of memory write: numbers in the same order at several moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from perfkit.readers.parts.parsing import amount, refuse, require_keys, whole_amount

LONGEST_MS = 1e12
"""Thirty years."""


def moments_of(path: Path, name: str, value: Any, keys: Sequence[str]) -> list[tuple[float, dict[str, Any]]]:
    """Every snapshot with its time, in their order."""
    if not isinstance(value, list) or not value:
        raise refuse(path, name, "it holds no snapshot.")
    found = [require_keys(path, name, item, ("at_ms", *keys)) for item in value]
    times = [amount(path, name, item["at_ms"]) for item in found]
    if times != sorted(times) or times[-1] > LONGEST_MS:
        raise refuse(path, name, "the snapshots are not in the order of time.")
    return list(zip(times, found, strict=True))


def amounts(path: Path, name: str, what: str, values: Any, expected: int) -> list[int]:
    """Counts of one snapshot, one for every thing that the document lists."""
    if not isinstance(values, list) or len(values) != expected:
        raise refuse(path, name, f"{what} are not {expected} counts.")
    return [whole_amount(path, name, value) for value in values]


def started(path: Path, name: str, document: dict[str, Any]) -> datetime | None:
    """When the program began; None where the document does not tell."""
    text = document.get("started_at")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise refuse(path, name, f"{str(text)[:40]!r} is no moment.") from error
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def traced_samples(begin: datetime, alive: Sequence[tuple[float, float]]) -> dict[str, list[Any]]:
    """How much was alive at each moment, as a series over time."""
    return {
        "series": ["traced heap"] * len(alive),
        "at": [begin + timedelta(milliseconds=at_ms) for at_ms, _ in alive],
        "value": [float(held) for _, held in alive],
        "unit": ["bytes"] * len(alive),
    }
