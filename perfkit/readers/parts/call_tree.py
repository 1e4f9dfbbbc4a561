"""Stacks → a calling-context tree: every path of calls is one node, numbered so that what is below a node follows it without a gap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from math import fsum
from typing import Any, NamedTuple

from perfkit.model.batch import Columns

NO_STACK = "(no stack)"
"""The frame of samples that have none: their weight is part of the whole."""


class Owner(NamedTuple):
    """Who ran the stack; None where the profiler does not tell."""

    process: str | None = None
    thread: str | None = None
    task: str | None = None


NOBODY = Owner()


class Step(NamedTuple):
    """One call of a path."""

    frame_id: int
    line: int | None = None
    """The line that was being executed; None where the profiler does not tell."""


class CallTree:
    """Weights of one unit on the paths of one artefact. Paths may come in any order and as often as they like."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._owners: dict[Owner, int] = {}
        self._roots: list[dict[Step, int]] = []
        self._steps: list[Step] = []
        self._children: list[dict[Step, int]] = []
        self._weights: list[float] = []
        self._counts: list[int] = []
        self._leaves: dict[tuple[Owner, tuple[Step, ...]], int] = {}
        self._number: list[int] = []

    def __len__(self) -> int:
        return len(self._steps)

    def path(self, stack: Iterable[Step], owner: Owner = NOBODY) -> int:
        """The node of a stack, outermost call first; an empty one has no node and is refused."""
        key = (owner, tuple(stack))
        known = self._leaves.get(key)
        if known is None:
            node: int | None = None
            for step in key[1]:
                node = self.below(node, step, owner)
            if node is None:
                raise ValueError(f"a stack without frames has no node; put a frame {NO_STACK} into it")
            known = self._leaves[key] = node
        return known

    def below(self, parent: int | None, step: Step, owner: Owner = NOBODY) -> int:
        """The node that a step leads to from its caller, or from the owner's beginning."""
        siblings = self._children[parent] if parent is not None else self._beginning(owner)
        node = siblings.get(step)
        if node is None:
            node = siblings[step] = len(self._steps)
            self._steps.append(step)
            self._children.append({})
            self._weights.append(0.0)
            self._counts.append(0)
        return node

    def weigh(self, node: int, weight: float, count: int = 1) -> None:
        """Adds what ended at a node: its own, not what is below it."""
        self._weights[node] += weight
        self._counts[node] += count

    def weigh_all(self, nodes: Sequence[int], weights: Sequence[float]) -> None:
        """The same for many at once."""
        import numpy

        ended = numpy.asarray(nodes, dtype=numpy.int64)
        counts = numpy.bincount(ended)
        sums = numpy.bincount(ended, weights=numpy.asarray(weights, dtype=numpy.float64))
        for node in counts.nonzero()[0].tolist():
            self.weigh(node, float(sums[node]), int(counts[node]))

    @property
    def total(self) -> float:
        """All that was weighed."""
        return fsum(self._weights)

    def batches(self) -> Iterator[Columns]:
        """Rows of the table profile_nodes. Nothing may be added after them."""
        if self._steps:
            yield Columns("profile_nodes", self._columns())

    def numbers(self, nodes: Sequence[int]) -> list[int]:
        """What nodes are called in the rows, for tables that refer to them; known after the rows."""
        return [self._number[node] for node in nodes]

    def _beginning(self, owner: Owner) -> dict[Step, int]:
        place = self._owners.get(owner)
        if place is None:
            place = self._owners[owner] = len(self._roots)
            self._roots.append({})
        return self._roots[place]

    def _columns(self) -> dict[str, Sequence[Any]]:
        order, parents, depths, recursive, owners = self._walk()
        last, totals = list(range(len(order))), [self._weights[node] for node in order]
        for place in range(len(order) - 1, -1, -1):
            parent = parents[place]
            if parent is not None:
                last[parent] = max(last[parent], last[place])
                totals[parent] += totals[place]
        return {
            "node_id": list(range(len(order))),
            "parent_id": parents,
            "last_id": last,
            "depth": depths,
            "frame_id": [self._steps[node].frame_id for node in order],
            "line": [self._steps[node].line for node in order],
            "recursive": recursive,
            "process": [owner.process for owner in owners],
            "thread": [owner.thread for owner in owners],
            "task": [owner.task for owner in owners],
            "count": [self._counts[node] for node in order],
            "self": [self._weights[node] for node in order],
            "total": totals,
            "unit": list(repeat(self.unit, len(order))),
        }

    def _walk(self) -> tuple[list[int], list[int | None], list[int], list[bool], list[Owner]]:
        """Nodes in preorder, with what the way to them tells. A loop of its own: stacks may be deeper than Python's."""
        order: list[int] = []
        parents: list[int | None] = []
        depths: list[int] = []
        recursive: list[bool] = []
        owners: list[Owner] = []
        self._number = [0] * len(self._steps)
        for owner, place in self._owners.items():
            above: dict[int, int] = {}
            way: list[tuple[int, int, Iterator[int]]] = [(-1, -1, iter(self._roots[place].values()))]
            while way:
                parent, parent_frame, waiting = way[-1]
                node = next(waiting, None)
                if node is None:
                    way.pop()
                    if parent >= 0:
                        above[parent_frame] -= 1
                    continue
                frame = self._steps[node].frame_id
                number = self._number[node] = len(order)
                order.append(node)
                parents.append(parent if parent >= 0 else None)
                depths.append(len(way) - 1)
                recursive.append(above.get(frame, 0) > 0)
                owners.append(owner)
                above[frame] = above.get(frame, 0) + 1
                way.append((number, frame, iter(self._children[node].values())))
        return order, parents, depths, recursive, owners
