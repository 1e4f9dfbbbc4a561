"""What `perfkit collect memory --with objects` leaves: how many objects of each type were alive at several moments of one program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.moments import amounts, moments_of, started, traced_samples
from perfkit.readers.parts.parsing import json_of, refuse, require_keys

NAME = "object-growth"
KIND = "memory"
TOOL = "objects"
ABOUT = "objects by type at several moments, as perfkit collect memory --with objects writes it"
BY_LINE = False

MARK = '{"perfkit_objects":'


def sniff(head: Head) -> bool:
    """Its first key."""
    return head.text.lstrip("\ufeff").lstrip().startswith(MARK)


def read(path: Path) -> Iterator[Batch]:
    """Types moment by moment, and how much they took together."""
    document = require_keys(path, NAME, json_of(path, NAME), ("types", "snapshots"))
    types = document["types"]
    if not isinstance(types, list) or not all(isinstance(item, str) for item in types) or len(set(types)) != len(types):
        raise refuse(path, NAME, "the types are not a list of different names.")
    alive: list[tuple[float, float]] = []
    for number, (at_ms, moment) in enumerate(moments_of(path, NAME, document["snapshots"], ("objects", "bytes"))):
        counts, sizes = (amounts(path, NAME, f"{name} of snapshot {number}", moment[name], len(types)) for name in ("objects", "bytes"))
        alive.append((at_ms, float(sum(sizes))))
        when: dict[str, list[Any]] = {"snapshot": [number] * len(types), "at_ms": [at_ms] * len(types)}
        yield Columns("heap_types", {**when, "type": types, "objects": counts, "bytes": sizes})
    yield Columns("profile_facts", {"stat": ["total"], "value": [alive[-1][1]], "unit": ["bytes"]})
    begin = started(path, NAME, document)
    if begin is not None:
        samples = traced_samples(begin, alive)
        yield Columns("samples", samples | {"series": ["objects"] * len(alive)})
