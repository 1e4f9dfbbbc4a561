"""Stacks → a calling-context tree: every path of calls is one node, numbered so that what is below a node follows it without a gap."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import fsum
from typing import Any, NamedTuple, TypeVar

from perfkit.model.batch import Columns

Number = TypeVar("Number", int, float)

NO_STACK = "(no stack)"
"""The frame of samples that have none: their weight is part of the whole."""
ROWS_A_BATCH = 100_000
STEP_BITS = 32
"""A node and a step are one integer: a million small dictionaries would need a gigabyte."""


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
        self._step_numbers: dict[Step, int] = {}
        self._below: dict[int, int] = {}
        self._parents, self._steps = array("q"), array("q")
        """The parent of a root is its owner: -1 the first one, -2 the second one, and so on."""
        self._counts, self._weights = array("q"), array("d")
        self._leaves: dict[tuple[Owner, tuple[Step, ...]], int] = {}
        self._places = array("q")

    def __len__(self) -> int:
        return len(self._parents)

    def path(self, stack: Iterable[Step], owner: Owner = NOBODY) -> int:
        """The node of a stack, outermost call first; an empty one has no node and is refused."""
        key = (owner, tuple(stack))
        known = self._leaves.get(key)
        if known is None:
            known = self._leaves[key] = self.numbered_path(map(self.step_number, key[1]), owner)
        return known

    def numbered_path(self, steps: Iterable[int], owner: Owner = NOBODY) -> int:
        """The same for steps that are numbered already; such stacks are not remembered as a whole."""
        node = self.walk(-1 - self._owners.setdefault(owner, len(self._owners)), steps)
        if node < 0:
            raise ValueError(f"a stack without frames has no node; put a frame {NO_STACK} into it")
        return node

    def walk(self, node: int, steps: Iterable[int]) -> int:
        """The node that numbered steps lead to from a node."""
        below = self._below
        for step in steps:
            key = node << STEP_BITS | step
            known = below.get(key)
            if known is None:
                known = below[key] = len(self._parents)
                self._parents.append(node)
                self._steps.append(step)
                self._weights.append(0.0)
                self._counts.append(0)
            node = known
        return node

    def step_number(self, step: Step) -> int:
        """The number that this tree gives to a step."""
        return self._step_numbers.setdefault(step, len(self._step_numbers))

    def below(self, parent: int | None, step: Step, owner: Owner = NOBODY) -> int:
        """The node that a step leads to from its caller, or from the owner's beginning."""
        number = self.step_number(step)
        return self.numbered_path((number,), owner) if parent is None else self.walk(parent, (number,))

    def weigh(self, node: int, weight: float, count: int = 1) -> None:
        """Adds what ended at a node: its own, not what is below it."""
        self._weights[node] += weight
        self._counts[node] += count

    def weigh_all(self, nodes: Sequence[int], weights: Sequence[float]) -> None:
        """The same for many at once."""
        import numpy as np

        ended = np.asarray(nodes, np.int64)
        np.frombuffer(self._weights)[:] += np.bincount(ended, np.asarray(weights, np.float64), len(self))
        np.frombuffer(self._counts, np.int64)[:] += np.bincount(ended, minlength=len(self))

    @property
    def total(self) -> float:
        """All that was weighed."""
        return fsum(self._weights)

    def batches(self) -> Iterator[Columns]:
        """Rows of the table profile_nodes. Nothing may be added after them."""
        if not self._parents:
            return
        placed = self._placed()
        owners, steps = list(self._owners), list(self._step_numbers)
        reach: dict[int, int] = {}
        for start in range(0, len(self), ROWS_A_BATCH):
            nodes = placed.order[start : start + ROWS_A_BATCH]
            numbers = range(start, start + len(nodes))
            who = [owners[number] for number in _picked(placed.owners, nodes)]
            what = [steps[number] for number in _picked(self._steps, nodes)]
            frames = [step.frame_id for step in what]
            last = [number + size - 1 for number, size in zip(numbers, _picked(placed.sizes, nodes), strict=True)]
            rows: dict[str, Sequence[Any]] = {
                "node_id": numbers,
                "parent_id": [self._places[parent] if parent >= 0 else None for parent in _picked(self._parents, nodes)],
                "last_id": last,
                "depth": _picked(placed.depths, nodes),
                "frame_id": frames,
                "line": [step.line for step in what],
                "recursive": _recursive(reach, numbers, last, frames),
                "process": [owner.process for owner in who],
                "thread": [owner.thread for owner in who],
                "task": [owner.task for owner in who],
                "count": _picked(self._counts, nodes),
                "self": _picked(self._weights, nodes),
                "total": _picked(placed.totals, nodes),
                "unit": [self.unit] * len(nodes),
            }
            yield Columns("profile_nodes", rows)

    def numbers(self, nodes: Iterable[int]) -> list[int]:
        """What nodes are called in the rows, for tables that refer to them; known after the rows."""
        return [self._places[node] for node in nodes]

    def _placed(self) -> Placed:
        """Every node's place in preorder. A node is made after its caller, so two passes suffice, however deep the stacks are."""
        parents, nodes = self._parents, len(self._parents)
        totals, sizes, owned = array("d", self._weights), array("q", [1]) * nodes, [0] * len(self._owners)
        for node in range(nodes - 1, -1, -1):
            parent = parents[node]
            if parent >= 0:
                sizes[parent] += sizes[node]
                totals[parent] += totals[node]
            else:
                owned[-1 - parent] += sizes[node]
        free_roots = [0, *accumulate(owned)]
        free, order, depths, owners = (array("q", bytes(8 * nodes)) for _ in range(4))
        for node, parent in enumerate(parents):
            if parent >= 0:
                place = free[parent]
                free[parent] += sizes[node]
                depths[node], owners[node] = depths[parent] + 1, owners[parent]
            else:
                owners[node] = owner = -1 - parent
                place = free_roots[owner]
                free_roots[owner] += sizes[node]
            order[place], free[node] = node, place + 1
        self._places = array("q", bytes(8 * nodes))
        for place, node in enumerate(order):
            self._places[node] = place
        return Placed(order, sizes, depths, owners, totals)


class Placed(NamedTuple):
    """What the tree as a whole tells of its nodes, by the order in which they were made; order itself is preorder."""

    order: array[int]
    sizes: array[int]
    depths: array[int]
    owners: array[int]
    totals: array[float]


def _picked(column: array[Number], nodes: array[int]) -> list[Number]:
    return list(map(column.__getitem__, nodes))


def _recursive(reach: dict[int, int], numbers: Iterable[int], last: Iterable[int], frames: Iterable[int]) -> list[bool]:
    """Whether a caller is the same frame; reach is the last node that is below one of the frame, so far in preorder."""
    found = []
    for number, end, frame in zip(numbers, last, frames, strict=True):
        inside = reach.get(frame, -1) >= number
        if not inside:
            reach[frame] = end
        found.append(inside)
    return found
