"""memray's statistics as JSON: the peak, how much was allocated in all, and the lines that allocated most. Any version writes it alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import json_of, refuse, require_keys, whole_amount

NAME = "memray-stats"
KIND = "memory"
TOOL = "memray"
ABOUT = "memray stats --json"
BY_LINE = False

START = re.compile(r'\s*\{\s*"total_num_allocations"\s*:\s*\d+\s*,\s*"total_bytes_allocated"\s*:')
KEYS = ("total_num_allocations", "total_bytes_allocated", "top_allocations_by_size", "top_allocations_by_count", "metadata")
LOCATION = re.compile(r"(?P<function>[^:]*):(?P<file>.*):(?P<line>\d{1,9})", re.DOTALL)
MEGABYTE = 1e6

Place = tuple[str, str, int]


def sniff(head: Head) -> bool:
    """The two totals come first."""
    return START.match(head.text.lstrip("\ufeff")) is not None


def read(path: Path) -> Iterator[Batch]:
    """The lines that memray names, with what they allocated over the whole run, and the totals."""
    document = require_keys(path, NAME, json_of(path, NAME), KEYS)
    about = require_keys(path, NAME, document["metadata"], ("peak_memory",))
    sizes = _by_place(path, document["top_allocations_by_size"], "size")
    counts = _by_place(path, document["top_allocations_by_count"], "count")
    yield Columns("profile_lines", _lines(sizes, counts))
    yield Columns("profile_facts", _facts(path, document, about))
    settings = {"native": about.get("has_native_traces"), "python_allocators": about.get("trace_python_allocators")}
    known = {name: value for name, value in settings.items() if isinstance(value, bool)}
    yield Manifest(started_at=_moment(about.get("start_time")), parameters=known)


def _by_place(path: Path, items: Any, measure: str) -> dict[Place, int]:
    if not isinstance(items, list):
        raise refuse(path, NAME, f"the lines by {measure} are no list.")
    found: dict[Place, int] = {}
    for item in items:
        entry = require_keys(path, NAME, item, ("location", measure))
        match = LOCATION.fullmatch(str(entry["location"]))
        place = (match["function"], match["file"], int(match["line"])) if match else (str(entry["location"]), "", 0)
        found[place] = found.get(place, 0) + whole_amount(path, NAME, entry[measure])
    return found


def _lines(sizes: dict[Place, int], counts: dict[Place, int]) -> dict[str, list[Any]]:
    places = list(dict.fromkeys((*sizes, *counts)))
    return {
        "file": [file for _, file, _ in places],
        "line": [line for _, _, line in places],
        "function": [function for function, _, _ in places],
        "memory_mb": [sizes[place] / MEGABYTE if place in sizes else None for place in places],
        "hits": [counts.get(place) for place in places],
        "unit": ["bytes"] * len(places),
    }


def _facts(path: Path, document: dict[str, Any], about: dict[str, Any]) -> dict[str, list[Any]]:
    begin, end = _moment(about.get("start_time")), _moment(about.get("end_time"))
    facts: list[tuple[str, float, str]] = [
        ("total", whole_amount(path, NAME, about["peak_memory"]), "bytes"),
        ("allocations", whole_amount(path, NAME, document["total_num_allocations"]), "allocations"),
        ("allocated", whole_amount(path, NAME, document["total_bytes_allocated"]), "bytes"),
    ]
    if begin and end and end >= begin:
        facts.append(("wall", (end - begin).total_seconds(), "wall_s"))
    return {"stat": [stat for stat, _, _ in facts], "value": [float(value) for _, value, _ in facts], "unit": [unit for *_, unit in facts]}


def _moment(text: Any) -> datetime | None:
    """None where it is no moment: the numbers beside it hold without it."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
