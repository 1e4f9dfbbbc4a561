"""A call graph as paths: an estimate. It says how much a caller's calls cost if each call of a function costs the same, whoever calls it.

Where functions call each other in a circle, the calls that lead back to a function further out are no steps: what it does is where it began.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.analyses.call_paths import Merge
from perfkit.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OWN = Path(__file__).with_name("profile_own.sql")
GRAPH = Path(__file__).with_name("profile_graph.sql")
LEAST_SHARE = 0.001
"""Paths of less weight are not followed: their weight stays with the path that they begin with."""
MOST_PATHS = 20_000


def add_estimated(merge: Merge, store: Store, run_ids: Sequence[str], unit: str, least: float = LEAST_SHARE) -> None:
    """Paths from the functions that nobody calls, as deep as they have weight."""
    own = store.columns(OWN, run_ids=list(run_ids), unit=unit)
    graph = store.columns(GRAPH, run_ids=list(run_ids), unit=unit)
    merge.add(*zip(*Flow(own, graph).paths(least), strict=True))


class Step(NamedTuple):
    """A path that the weight flows along."""

    number: int
    parent: int
    frame_id: int
    weight: float


class Edges(NamedTuple):
    """Which function calls which, by their numbers, and what the callee weighs on the edge."""

    callers: NDArray[np.int64]
    callees: NDArray[np.int64]
    weights: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> Edges:
        """The edges that are marked."""
        return Edges(self.callers[kept], self.callees[kept], self.weights[kept])


class Flow:
    """The weight of a call graph, flowing from callers to callees."""

    def __init__(self, own: dict[str, Any], graph: dict[str, Any]) -> None:
        import numpy as np

        self.frames = np.unique(np.concatenate([own["frame_id"], graph["caller_id"], graph["callee_id"]]))
        self.own = np.zeros(len(self.frames))
        total = np.zeros(len(self.frames))
        known = np.searchsorted(self.frames, own["frame_id"])
        self.own[known], total[known] = own["self"], own["total"]
        callers, callees = (np.searchsorted(self.frames, graph[name]) for name in ("caller_id", "callee_id"))
        self.edges = self._parts(forward(Edges(callers, callees, np.maximum(np.asarray(graph["total"], float), 0.0)), total))

    def paths(self, least_share: float = LEAST_SHARE) -> list[Step]:
        """Callers before callees, the heaviest first."""
        below, called = self._totals()
        least = least_share * float(self.own.sum())
        found: list[Step] = []
        waiting = [(-below[function], function, -1, 1.0) for function in range(len(self.own)) if not called[function]]
        heapq.heapify(waiting)
        while waiting:
            _, function, parent, share = heapq.heappop(waiting)
            number, weight = len(found), share * float(self.own[function])
            for callee, part in self.edges[function]:
                flowing = below[callee] * share * part
                if flowing >= least and number + len(waiting) < MOST_PATHS:
                    heapq.heappush(waiting, (-flowing, callee, number, share * part))
                else:
                    weight += flowing
            found.append(Step(number, parent, int(self.frames[function]), weight))
        return found

    def _parts(self, edges: Edges) -> list[list[tuple[int, float]]]:
        """Of each function its callees, with the part of the callee's weight that it is responsible for."""
        import numpy as np

        callers, callees, weights = edges
        count = len(self.frames)
        incoming = np.bincount(callees, weights=weights, minlength=count)
        times = np.bincount(callees, minlength=count)
        parts = np.where(incoming[callees] > 0, weights / np.where(incoming[callees] > 0, incoming[callees], 1), 1 / np.maximum(times[callees], 1))
        found: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        for caller, callee, part in zip(callers.tolist(), callees.tolist(), parts.tolist(), strict=True):
            found[caller].append((callee, part))
        return found

    def _totals(self) -> tuple[list[float], list[bool]]:
        """Of each function its weight with all that it is responsible for, and whether anybody calls it. Callees are complete before callers."""
        below, waiting_for = self.own.tolist(), [len(callees) for callees in self.edges]
        callers: list[list[tuple[int, float]]] = [[] for _ in below]
        for caller, callees in enumerate(self.edges):
            for callee, part in callees:
                callers[callee].append((caller, part))
        ready = [function for function, count in enumerate(waiting_for) if not count]
        while ready:
            function = ready.pop()
            for caller, part in callers[function]:
                below[caller] += below[function] * part
                waiting_for[caller] -= 1
                if not waiting_for[caller]:
                    ready.append(caller)
        return below, [bool(found) for found in callers]


def forward(edges: Edges, total: NDArray[np.float64]) -> Edges:
    """The calls that do not lead back: without them a circle begins at its function that is called from outside most, else at the heaviest."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(total)
    callers, callees, weights = edges
    _, circle = connected_components(coo_matrix((np.ones(len(callers)), (callers, callees)), shape=(count, count)), connection="strong")
    inside = (circle[callers] == circle[callees]) & (callers != callees)
    between = circle[callers] != circle[callees]
    entering = np.bincount(callees[between], weights=weights[between], minlength=count)
    heads = np.lexsort((total, entering))[::-1]
    kept = between.copy()
    kept[np.flatnonzero(inside)[_ahead(edges.where(inside), heads)]] = True
    return edges.where(kept)


def _ahead(edges: Edges, heads: NDArray[np.int64]) -> list[int]:
    """Numbers of the edges that lead to no function which is being called already; the heaviest calls are followed first."""
    import numpy as np

    calls: dict[int, list[tuple[int, int]]] = {}
    for edge in np.argsort(-edges.weights, kind="stable").tolist():
        calls.setdefault(int(edges.callers[edge]), []).append((edge, int(edges.callees[edge])))
    kept, begun, ended = [], set[int](), set[int]()
    for head in heads[np.isin(heads, edges.callers)].tolist():
        if head in begun:
            continue
        begun.add(head)
        open_calls: list[tuple[int, Iterator[tuple[int, int]]]] = [(head, iter(calls[head]))]
        while open_calls:
            function, waiting = open_calls[-1]
            edge, callee = next(waiting, (-1, -1))
            if edge < 0:
                ended.add(function)
                open_calls.pop()
            elif callee not in begun:
                kept.append(edge)
                begun.add(callee)
                open_calls.append((callee, iter(calls[callee])))
            elif callee in ended:
                kept.append(edge)
    return kept
