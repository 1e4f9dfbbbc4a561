"""Stacks → a calling-context tree: every path of calls is one node, numbered so that what is below a node follows it without a gap."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, repeat
from typing import Any, NamedTuple

from perfkit.model.batch import Columns

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
        self._roots: dict[int, int] = {}
        self._below: dict[int, int] = {}
        self._parents, self._steps, self._node_owners = array("q"), array("q"), array("q")
        self._depths, self._counts, self._weights = array("q"), array("q"), array("d")
        self._leaves: dict[tuple[Owner, tuple[Step, ...]], int] = {}
        self._places, self._sizes = array("q"), array("q")

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
        node: int | None = None
        below = self._below
        for step in steps:
            known = None if node is None else below.get(node << STEP_BITS | step)
            node = self._child(node, step, owner) if known is None else known
        if node is None:
            raise ValueError(f"a stack without frames has no node; put a frame {NO_STACK} into it")
        return node

    def step_number(self, step: Step) -> int:
        """The number that this tree gives to a step."""
        return self._step_numbers.setdefault(step, len(self._step_numbers))

    def below(self, parent: int | None, step: Step, owner: Owner = NOBODY) -> int:
        """The node that a step leads to from its caller, or from the owner's beginning."""
        return self._child(parent, self.step_number(step), owner)

    def weigh(self, node: int, weight: float, count: int = 1) -> None:
        """Adds what ended at a node: its own, not what is below it."""
        self._weights[node] += weight
        self._counts[node] += count

    def batches(self) -> Iterator[Columns]:
        """Rows of the table profile_nodes. Nothing may be added after them."""
        if not self._parents:
            return
        order, totals = self._placed()
        owners, steps = list(self._owners), list(self._step_numbers)
        reach: dict[int, int] = {}
        for start in range(0, len(order), ROWS_A_BATCH):
            nodes = order[start : start + ROWS_A_BATCH]
            numbers = range(start, start + len(nodes))
            who = [owners[self._node_owners[node]] for node in nodes]
            what = [steps[self._steps[node]] for node in nodes]
            last = [number + self._sizes[node] - 1 for number, node in zip(numbers, nodes, strict=True)]
            above = [self._parents[node] for node in nodes]
            rows: dict[str, Sequence[Any]] = {
                "node_id": numbers,
                "parent_id": [self._places[parent] if parent >= 0 else None for parent in above],
                "last_id": last,
                "depth": [self._depths[node] for node in nodes],
                "frame_id": [step.frame_id for step in what],
                "line": [step.line for step in what],
                "recursive": _recursive(reach, numbers, last, what),
                "process": [owner.process for owner in who],
                "thread": [owner.thread for owner in who],
                "task": [owner.task for owner in who],
                "count": [self._counts[node] for node in nodes],
                "self": [self._weights[node] for node in nodes],
                "total": [totals[node] for node in nodes],
                "unit": list(repeat(self.unit, len(nodes))),
            }
            yield Columns("profile_nodes", rows)

    def numbers(self, nodes: Iterable[int]) -> list[int]:
        """What nodes are called in the rows, for tables that refer to them; known after the rows."""
        return [self._places[node] for node in nodes]

    def _child(self, parent: int | None, step: int, owner: Owner) -> int:
        number = self._owners.setdefault(owner, len(self._owners)) if parent is None else self._node_owners[parent]
        siblings = self._roots if parent is None else self._below
        key = (number if parent is None else parent) << STEP_BITS | step
        node = siblings.get(key)
        if node is None:
            node = siblings[key] = len(self._parents)
            self._parents.append(-1 if parent is None else parent)
            self._depths.append(0 if parent is None else self._depths[parent] + 1)
            self._node_owners.append(number)
            self._steps.append(step)
            self._weights.append(0.0)
            self._counts.append(0)
        return node

    def _placed(self) -> tuple[array[int], array[float]]:
        """The nodes in preorder, and every node's total. A node is made after its caller, so two passes suffice."""
        nodes = len(self._parents)
        parents, totals, sizes = self._parents, array("d", self._weights), array("q", [1]) * nodes
        for node in range(nodes - 1, -1, -1):
            parent = parents[node]
            if parent >= 0:
                sizes[parent] += sizes[node]
                totals[parent] += totals[node]
        free = array("q", bytes(8 * nodes))
        places, order = array("q", free), array("q", free)
        free_roots = self._free_roots(sizes)
        for node, parent in enumerate(parents):
            if parent >= 0:
                place = free[parent]
                free[parent] += sizes[node]
            else:
                owner = self._node_owners[node]
                place = free_roots[owner]
                free_roots[owner] += sizes[node]
            places[node], order[place], free[node] = place, node, place + 1
        self._places, self._sizes = places, sizes
        return order, totals

    def _free_roots(self, sizes: array[int]) -> list[int]:
        """Where the nodes of each owner begin."""
        owned = [0] * len(self._owners)
        for node in self._roots.values():
            owned[self._node_owners[node]] += sizes[node]
        return [0, *accumulate(owned)][:-1]


def _recursive(reach: dict[int, int], numbers: Iterable[int], last: Iterable[int], steps: Iterable[Step]) -> list[bool]:
    """Whether a caller is the same frame; reach is the last node that is below one of the frame, so far in preorder."""
    found = []
    for number, end, step in zip(numbers, last, steps, strict=True):
        inside = reach.get(step.frame_id, -1) >= number
        if not inside:
            reach[step.frame_id] = end
        found.append(inside)
    return found
