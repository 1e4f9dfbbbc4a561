"""Stacks → a calling-context tree: every path of calls is one node, numbered so that what is below a node follows it without a gap."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.model.batch import Columns
from perfkit.readers.parts.columns import column, constant, distinct, looked_up
from perfkit.readers.parts.descent import ends_of
from perfkit.readers.parts.tree_shape import recursive, shape_of

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

NO_STACK = "(no stack)"
"""The frame of samples that have none: their weight is part of the whole."""
ROWS_A_BATCH = 300_000
MOST_COUNTED = 2**62
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
        self._indexed = 0
        """So many nodes are in the index below; those made all at once are not until somebody walks."""
        self._parents, self._steps = array("q"), array("q")
        """The parent of a root is its owner: -1 the first one, -2 the second one, and so on."""
        self._counts, self._weights = array("q"), array("d")
        self._leaves: dict[tuple[Owner, tuple[Step, ...]], int] = {}
        self._places: NDArray[int64]

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
        node = self.walk(self.root(owner), steps)
        if node < 0:
            raise ValueError(f"a stack without frames has no node; put a frame {NO_STACK} into it")
        return node

    def walk(self, node: int, steps: Iterable[int]) -> int:
        """The node that numbered steps lead to from a node."""
        below = self._index()
        for step in steps:
            known = below.get(node << STEP_BITS | step)
            node = self._new(node, step) if known is None else known
        return node

    def child(self, node: int, step: int) -> int:
        """The node that one numbered step leads to."""
        known = self._below.get(node << STEP_BITS | step)
        if known is None and self._indexed < len(self._parents):
            known = self._index().get(node << STEP_BITS | step)
        return self._new(node, step) if known is None else known

    def root(self, owner: Owner) -> int:
        """What the first step of an owner's stacks leads from."""
        return -1 - self._owners.setdefault(owner, len(self._owners))

    def _new(self, caller: int, step: int) -> int:
        node = self._below[caller << STEP_BITS | step] = self._indexed
        self._indexed += 1
        self._parents.append(caller)
        self._steps.append(step)
        self._weights.append(0.0)
        self._counts.append(0)
        return node

    def step_number(self, step: Step) -> int:
        """The number that this tree gives to a step."""
        return self._step_numbers.setdefault(step, len(self._step_numbers))

    def below(self, parent: int | None, step: Step, owner: Owner = NOBODY) -> int:
        """The node that a step leads to from its caller, or from the owner's beginning."""
        return self.child(self.root(owner) if parent is None else parent, self.step_number(step))

    def weigh(self, node: int, weight: float, count: int = 1) -> None:
        """Adds what ended at a node: its own, not what is below it."""
        self._weights[node] += weight
        self._counts[node] += count

    def weigh_all(self, nodes: NDArray[int64], weights: NDArray[float64], counts: NDArray[float64] | None = None) -> None:
        """The same for many at once; one each where no counts are given."""
        import numpy as np

        np.frombuffer(self._weights)[:] += np.bincount(nodes, weights, len(self))
        np.frombuffer(self._counts, np.int64)[:] += np.minimum(np.bincount(nodes, counts, len(self)), MOST_COUNTED).astype(np.int64)

    def paths(self, steps: NDArray[Any], lengths: NDArray[int64], owner: Owner = NOBODY) -> NDArray[int64]:
        """The nodes of many stacks: their numbered steps one after another, and how many each stack has."""
        if not lengths.all():
            raise ValueError(f"a stack without frames has no node; put a frame {NO_STACK} into it")
        below = self._index() if owner in self._owners else None
        return ends_of(steps, lengths, self.root(owner), lambda callers, steps: self._nodes(callers << STEP_BITS | steps, below))

    def calls(self, callers: NDArray[int64], steps: NDArray[int64], levels: Iterable[NDArray[int64]], owner: Owner = NOBODY) -> NDArray[int64]:
        """The nodes of calls that know their callers, from the outermost level inwards."""
        import numpy as np

        below = self._index() if owner in self._owners else None
        # one more, which the callers of the outermost are: -1
        nodes = np.full(len(steps) + 1, self.root(owner), np.int64)
        for level in levels:
            different, which = distinct(nodes[callers[level]] << STEP_BITS | steps[level])
            nodes[level] = self._nodes(different, below)[which]
        return nodes[:-1]

    def _nodes(self, keys: NDArray[int64], below: dict[int, int] | None) -> NDArray[int64]:
        """The nodes of different callers and steps; below knows those that are there already, if there may be any."""
        import numpy as np

        if below is None:
            self._add(keys)
            return np.arange(len(self) - len(keys), len(self))
        nodes = np.fromiter(map(below.get, keys.tolist(), repeat(-1)), np.int64, len(keys))
        fresh = keys[nodes < 0]
        nodes[nodes < 0] = np.arange(len(self), len(self) + len(fresh))
        self._add(fresh)
        return nodes

    def _add(self, keys: NDArray[int64]) -> None:
        """Nodes that nothing was weighed at yet."""
        self._parents.frombytes((keys >> STEP_BITS).view("u1").data)
        self._steps.frombytes((keys & (1 << STEP_BITS) - 1).view("u1").data)
        for numbers in (self._weights, self._counts):
            numbers.frombytes(bytes(8 * len(keys)))

    def _index(self) -> dict[int, int]:
        """By caller and step, the node."""
        for node in range(self._indexed, len(self)):
            self._below[self._parents[node] << STEP_BITS | self._steps[node]] = node
        self._indexed = len(self)
        return self._below

    @property
    def total(self) -> float:
        """All that was weighed."""
        return fsum(self._weights)

    def batches(self) -> Iterator[Columns]:
        """Rows of the table profile_nodes. Nothing may be added after them."""
        if not self._parents:
            return
        import numpy as np

        self._below.clear()
        self._leaves.clear()
        parents, weights = np.frombuffer(self._parents, np.int64), np.frombuffer(self._weights)
        shape = shape_of(parents, weights)
        self._places = shape.places
        steps = np.frombuffer(self._steps, np.int64)
        last = (shape.places + shape.sizes - 1)[shape.order]
        frames = np.fromiter((step.frame_id for step in self._step_numbers), np.int64, len(self._step_numbers))
        again = recursive(last, np.unique(frames, return_inverse=True)[1][steps[shape.order]])
        for start in range(0, len(self), ROWS_A_BATCH):
            nodes = shape.order[start : start + ROWS_A_BATCH]
            part = slice(start, start + len(nodes))
            above, who, what = parents[nodes], shape.owners[nodes], steps[nodes]
            yield Columns(
                "profile_nodes",
                {
                    "node_id": column(np.arange(start, start + len(nodes))),
                    "parent_id": column(shape.places[np.maximum(above, 0)], above < 0),
                    "last_id": column(last[part]),
                    "depth": column(shape.depths[nodes]),
                    "frame_id": column(frames[what]),
                    "recursive": column(again[part]),
                    "count": column(np.frombuffer(self._counts, np.int64)[nodes]),
                    "self": column(weights[nodes]),
                    "total": column(shape.totals[nodes]),
                    "unit": constant(self.unit, len(nodes)),
                    **{name: looked_up(values, places) for name, values, places in self._told(who, what)},
                },
            )

    def _told(self, owners: NDArray[int64], steps: NDArray[int64]) -> Iterator[tuple[str, list[Any], NDArray[int64]]]:
        """What the profiler tells, but not every one does: the column, its different values, and which of them each row has."""
        told = [("line", [step.line for step in self._step_numbers], steps)]
        told += [(name, [getattr(owner, name) for owner in self._owners], owners) for name in Owner._fields]
        return (item for item in told if any(value is not None for value in item[1]))

    def numbers(self, nodes: Sequence[int]) -> NDArray[int64]:
        """What nodes are called in the rows, for tables that refer to them; known after the rows."""
        import numpy as np

        numbers: NDArray[int64] = self._places[np.asarray(nodes, np.int64)]
        return numbers
