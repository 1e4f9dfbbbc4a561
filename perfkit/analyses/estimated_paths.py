"""A call graph as paths: an estimate. It says how much a caller's calls cost if each call of a function costs the same, whoever calls it.

Functions that call each other in a circle are one step of a path: which of them called first is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class Flow:
    """The weight of a call graph, flowing from callers to callees."""

    def __init__(self, own: dict[str, Any], graph: dict[str, Any]) -> None:
        import numpy as np
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        self.frames = np.unique(np.concatenate([own["frame_id"], graph["caller_id"], graph["callee_id"]]))
        count = len(self.frames)
        self.own = np.zeros(count)
        self.total = np.zeros(count)
        known = np.searchsorted(self.frames, own["frame_id"])
        self.own[known], self.total[known] = own["self"], own["total"]
        callers, callees = (np.searchsorted(self.frames, graph[name]) for name in ("caller_id", "callee_id"))
        weights = np.maximum(np.asarray(graph["total"], float), 0.0)
        matrix = coo_matrix((np.ones(len(callers)), (callers, callees)), shape=(count, count))
        groups, self.group = connected_components(matrix, connection="strong")
        self.members = np.argsort(self.group, kind="stable")
        self.starts = np.searchsorted(self.group[self.members], np.arange(groups + 1))
        between = self.group[callers] != self.group[callees]
        self.edges = self._edges(self.group[callers][between], self.group[callees][between], weights[between])
        self.entering = np.bincount(callees[between], weights=weights[between], minlength=count)
        """Weight that comes to a function of a circle from outside it."""
        self.group_own = np.bincount(self.group, weights=self.own, minlength=groups)

    def paths(self, least_share: float = LEAST_SHARE) -> list[Step]:
        """Callers before callees."""
        below, called = self._totals()
        least = least_share * float(self.own.sum())
        found: list[Step] = []
        waiting = [(group, -1, 1.0) for group in range(len(self.group_own)) if not called[group]]
        while waiting:
            group, parent, share = waiting.pop()
            kept = 0.0
            number = len(found)
            circle = self._circle(group, share, number, parent)
            for callee, part in self.edges[group]:
                if below[callee] * share * part >= least and number + len(waiting) < MOST_PATHS:
                    waiting.append((callee, number, share * part))
                else:
                    kept += below[callee] * share * part
            head, *others = circle
            found += [head._replace(weight=head.weight + kept), *others]
        return found

    def _circle(self, group: int, share: float, number: int, parent: int) -> list[Step]:
        """One function below its caller; functions in a circle stand side by side below the one that is called from outside."""
        import numpy as np

        members = self.members[self.starts[group] : self.starts[group + 1]]
        head = members[np.lexsort((self.own[members], self.total[members], self.entering[members]))[-1]]
        others = members[members != head]
        ranked = [head, *others[self.own[others].argsort()[::-1]].tolist()]
        return [
            Step(number + place, number if place else parent, int(self.frames[member]), share * float(self.own[member]))
            for place, member in enumerate(ranked)
        ]

    def _edges(self, callers: NDArray[np.int64], callees: NDArray[np.int64], weights: NDArray[np.float64]) -> list[list[tuple[int, float]]]:
        """Of each group its callees, with the part of the callee's weight that it is responsible for."""
        import numpy as np

        groups = int(self.group.max()) + 1 if len(self.group) else 0
        incoming = np.bincount(callees, weights=weights, minlength=groups)
        times = np.bincount(callees, minlength=groups)
        parts = np.where(incoming[callees] > 0, weights / np.where(incoming[callees] > 0, incoming[callees], 1), 1 / np.maximum(times[callees], 1))
        found: list[list[tuple[int, float]]] = [[] for _ in range(groups)]
        for caller, callee, part in zip(callers.tolist(), callees.tolist(), parts.tolist(), strict=True):
            found[caller].append((callee, part))
        return found

    def _totals(self) -> tuple[list[float], list[bool]]:
        """Of each group its weight with all that it is responsible for, and whether anybody calls it. Callees are complete before callers."""
        groups = len(self.group_own)
        below, waiting_for = self.group_own.tolist(), [len(callees) for callees in self.edges]
        callers: list[list[tuple[int, float]]] = [[] for _ in range(groups)]
        for caller, callees in enumerate(self.edges):
            for callee, part in callees:
                callers[callee].append((caller, part))
        ready = [group for group in range(groups) if not waiting_for[group]]
        while ready:
            group = ready.pop()
            for caller, part in callers[group]:
                below[caller] += below[group] * part
                waiting_for[caller] -= 1
                if not waiting_for[caller]:
                    ready.append(caller)
        return below, [bool(found) for found in callers]
