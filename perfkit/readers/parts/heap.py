"""Memory alive at a moment, by the stack that allocated it → rows of heap_sites, and of the last moment a tree in bytes and in allocations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.call_tree import NO_STACK, CallTree, Step
from perfkit.readers.parts.frames import Frames


class Place(NamedTuple):
    """One call of a stack. Who records lines only does not know the function."""

    file: str
    line: int
    function: str | None = None


Stack = tuple[Place, ...]
"""Outermost call first; the last one allocated."""


class Site(NamedTuple):
    """What one stack keeps alive."""

    stack: Stack
    bytes: int
    blocks: int


def snapshot_rows(number: int, at_ms: float | None, sites: Sequence[Site]) -> Columns:
    """Rows of heap_sites of one moment."""
    leaves = [site.stack[-1] if site.stack else Place("", 0, NO_STACK) for site in sites]
    return Columns(
        "heap_sites",
        {
            "snapshot": [number] * len(sites),
            "at_ms": [at_ms] * len(sites),
            "file": [leaf.file for leaf in leaves],
            "line": [leaf.line for leaf in leaves],
            "function": [leaf.function for leaf in leaves],
            "stack": [[f"{place.file}:{place.line}" for place in site.stack[:-1]] or None for site in sites],
            "bytes": [site.bytes for site in sites],
            "blocks": [site.blocks for site in sites],
        },
    )


def tree_rows(sites: Iterable[Site]) -> Iterator[Batch]:
    """Frames and two trees of one moment; where the function is not known the line stands for it."""
    frames, in_bytes, in_blocks = Frames(), CallTree("bytes"), CallTree("allocations")
    for site in sites:
        stack = [Step(frames.id_of(place.function or f"line {place.line}", place.file), place.line or None) for place in site.stack]
        stack = stack or [Step(frames.id_of(NO_STACK))]
        in_bytes.weigh(in_bytes.path(stack), site.bytes, site.blocks)
        in_blocks.weigh(in_blocks.path(stack), site.blocks, site.blocks)
    yield frames.columns()
    yield from in_bytes.batches()
    yield from in_blocks.batches()


def totals_rows(sites: Sequence[Site]) -> Columns:
    """The facts of the last moment."""
    values: list[Any] = [float(sum(site.bytes for site in sites)), float(sum(site.blocks for site in sites))]
    return Columns("profile_facts", {"stat": ["total", "alive"], "value": values, "unit": ["bytes", "allocations"]})
