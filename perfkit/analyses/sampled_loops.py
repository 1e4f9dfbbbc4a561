"""What keeps an event loop, seen in samples: one place, for longer than callbacks that come in any order would by chance.

Samples do not tell one long callback from short ones of the same place that follow each other: where most of the loop's work
is one place anyway, nothing is said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from perfkit.analyses.blocked_loops import BlockedLoop
from perfkit.store import Store

NODES, SAMPLES = Path(__file__).with_name("loop_nodes.sql"), Path(__file__).with_name("loop_samples.sql")
LIMIT_MS = 50.0
FEWEST = 3
"""Samples of one callback: two may be neighbours of two callbacks."""
CHANCE = 0.01
"""That callbacks in any order, this place as often among them as it was seen, make so long a row anywhere in the profile."""
SLACK = 1.6
"""Of the usual time between two samples: later ones do not follow each other."""


@dataclass(frozen=True, slots=True)
class LoopNode:
    """A node of the tree, in the terms of this question."""

    run_id: str
    unit: str
    node_id: int
    parent_id: int | None
    owner: str
    function: str
    file: str
    line: int | None
    runs_callback: bool
    application: bool


@dataclass(frozen=True, slots=True)
class LoopSample:
    """A moment."""

    run_id: str
    unit: str
    node_id: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class _Place:
    """Of a node: the application's outermost frame inside the callback, and its innermost."""

    owner: str
    outer: tuple[str, str, int | None] | None
    inner: tuple[str, str, int | None] | None
    in_callback: bool


def sampled_loops(store: Store, run_ids: Sequence[str]) -> list[BlockedLoop]:
    """By the time that the loop stood still, longest first."""
    nodes = store.ask(NODES, LoopNode, run_ids=list(run_ids))
    if not any(node.runs_callback for node in nodes):
        return []
    places = _places(nodes)
    threads: dict[tuple[str, str, str], list[tuple[float, _Place]]] = defaultdict(list)
    for sample in store.ask(SAMPLES, LoopSample, run_ids=list(run_ids)):
        place = places.get((sample.run_id, sample.unit, sample.node_id))
        if place is not None:
            threads[sample.run_id, sample.unit, place.owner].append((sample.at_ms, place))
    found = [row for (run_id, _, _), taken in threads.items() for row in _blocked(run_id, taken)]
    return sorted(found, key=lambda row: (row.run_id, -row.mean_ms * row.n, row.function))


def _places(nodes: Sequence[LoopNode]) -> dict[tuple[str, str, int], _Place]:
    places: dict[tuple[str, str, int], _Place] = {}
    for node in nodes:
        above = None if node.parent_id is None else places.get((node.run_id, node.unit, node.parent_id))
        here = (node.function, node.file, node.line)
        if node.runs_callback:
            place = _Place(node.owner, None, None, in_callback=True)
        elif above is not None and above.in_callback and node.application:
            place = _Place(node.owner, above.outer or here, here, in_callback=True)
        else:
            place = above or _Place(node.owner, None, None, in_callback=False)
        places[node.run_id, node.unit, node.node_id] = place
    return places


def _blocked(run_id: str, taken: Sequence[tuple[float, _Place]]) -> Iterator[BlockedLoop]:
    gaps = [after[0] - before[0] for before, after in pairwise(taken) if after[0] > before[0]]
    if not gaps:
        return
    usual = median(gaps)
    seen = Counter(place.outer for _, place in taken if place.in_callback)
    working = sum(seen.values())
    rows: dict[tuple[str, str, int | None], list[float]] = defaultdict(list)
    for row in _rows(taken, usual):
        outer, lasted = row[0][1].outer, row[-1][0] - row[0][0] + usual
        if outer is None or lasted <= LIMIT_MS or len(row) < FEWEST:
            continue
        share = seen[outer] / working
        if share < 1 and working * (1 - share) * share ** len(row) < CHANCE:
            inner = Counter(place.inner for _, place in row).most_common(1)[0][0]
            rows[inner or outer].append(lasted)
    for (function, file, line), lengths in rows.items():
        yield BlockedLoop(run_id, function, file, line, None, len(lengths), max(lengths), sum(lengths) / len(lengths), LIMIT_MS, True)


def _rows(taken: Sequence[tuple[float, _Place]], usual: float) -> Iterator[list[tuple[float, _Place]]]:
    """Samples that follow each other in one place."""
    row: list[tuple[float, _Place]] = []
    for at_ms, place in taken:
        if row and (place.outer != row[-1][1].outer or at_ms - row[-1][0] > SLACK * usual):
            yield row
            row = []
        row.append((at_ms, place))
    if row:
        yield row
