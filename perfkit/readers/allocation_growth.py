"""What `perfkit collect memory --with tracemalloc` leaves: the places that keep memory, at several moments of one program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.heap import Place, Site, Stack, snapshot_rows, totals_rows, tree_rows
from perfkit.readers.parts.moments import amounts, moments_of, started, traced_samples
from perfkit.readers.parts.parsing import json_of, refuse, require_keys, whole_amount

NAME = "allocation-growth"
KIND = "memory"
TOOL = "tracemalloc"
ABOUT = "memory by allocating line at several moments, as perfkit collect memory --with tracemalloc writes it"
BY_LINE = False

MARK = '{"perfkit_allocations":'
OTHERS: Stack = (Place("", 0, "(other places)"),)
"""Stands for all places that were too small to be listed, so that sites add up to what was alive."""
LAST_LINE = 2**31 - 1


def sniff(head: Head) -> bool:
    """Its first key."""
    return head.text.lstrip("\ufeff").lstrip().startswith(MARK)


def read(path: Path) -> Iterator[Batch]:
    """Sites moment by moment, the last moment as a tree, and how much was alive in all."""
    document = require_keys(path, NAME, json_of(path, NAME), ("sites", "snapshots"))
    stacks = [_stack(path, site) for site in _listed(path, document["sites"])]
    moments = moments_of(path, NAME, document["snapshots"], ("traced", "blocks_traced", "bytes", "blocks"))
    alive, last = [], []
    for number, (at_ms, moment) in enumerate(moments):
        last = _sites(path, number, moment, stacks)
        alive.append((at_ms, sum(site.bytes for site in last)))
        yield snapshot_rows(number, at_ms, last)
    yield from tree_rows(last)
    yield totals_rows(last)
    begin: datetime | None = started(path, NAME, document)
    if begin is not None:
        yield Columns("samples", traced_samples(begin, alive))


def _sites(path: Path, number: int, moment: dict[str, Any], stacks: Sequence[Stack]) -> list[Site]:
    sizes, blocks = (amounts(path, NAME, f"{name} of snapshot {number}", moment[name], len(stacks)) for name in ("bytes", "blocks"))
    others = whole_amount(path, NAME, moment["traced"]) - sum(sizes), whole_amount(path, NAME, moment["blocks_traced"]) - sum(blocks)
    if min(others) < 0:
        raise refuse(path, NAME, f"the sites of snapshot {number} hold more than the {moment['traced']} bytes that were alive.")
    found = [Site(stack, *alive) for stack, *alive in zip(stacks, sizes, blocks, strict=True) if any(alive)]
    return [*found, Site(OTHERS, *others)] if any(others) else found


def _stack(path: Path, site: Any) -> Stack:
    frames = _listed(path, require_keys(path, NAME, site, ("stack",))["stack"])
    return tuple(_place(path, frame) for frame in frames)


def _place(path: Path, frame: Any) -> Place:
    known = isinstance(frame, list) and len(frame) == 3 and isinstance(frame[0], str) and isinstance(frame[2], str | None)
    if not known or type(frame[1]) is not int or not 0 <= frame[1] <= LAST_LINE:
        raise refuse(path, NAME, f"{str(frame)[:60]} is no file, line and function.")
    return Place(*frame)


def _listed(path: Path, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise refuse(path, NAME, f"{str(value)[:40]!r} stands where a list belongs.")
    return value
