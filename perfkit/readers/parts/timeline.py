"""Samples in the order of time, on a calling-context tree: their weights are the tree's, and each stays a row of its own."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat

from perfkit.model.batch import Columns
from perfkit.readers.parts.call_tree import CallTree

ROWS = 200_000
"""Rows of one batch."""


class Timeline:
    """What ended where and when."""

    def __init__(self, unit: str) -> None:
        self.tree = CallTree(unit)
        self._nodes = array("q")
        self._at_ms = array("d")
        self._weights = array("d")

    def add(self, node: int, at_ms: float | None, weight: float) -> None:
        """A sample; None where the profile does not tell when."""
        self.tree.weigh(node, weight)
        if at_ms is not None:
            self._nodes.append(node)
            self._at_ms.append(at_ms)
            self._weights.append(weight)

    def add_all(self, nodes: Sequence[int], weights: Sequence[float], *, timed: bool) -> None:
        """Samples behind one another from the profile's beginning, each lasting as many seconds as it weighs where that is known."""
        import numpy

        if not len(nodes):
            return
        self.tree.weigh_all(nodes, weights)
        if timed:
            lasting = numpy.asarray(weights, dtype=numpy.float64)
            self._nodes.frombytes(numpy.asarray(nodes, dtype=numpy.int64).tobytes())
            self._at_ms.frombytes(((numpy.cumsum(lasting) - lasting) * 1000).tobytes())
            self._weights.frombytes(lasting.tobytes())

    def batches(self) -> Iterator[Columns]:
        """The tree's nodes, and the samples behind them."""
        yield from self.tree.batches()
        for first in range(0, len(self._nodes), ROWS):
            part = slice(first, first + ROWS)
            nodes = self.tree.numbers(self._nodes[part])
            yield Columns(
                "profile_samples",
                {"node_id": nodes, "at_ms": self._at_ms[part].tolist(), "weight": self._weights[part].tolist(),
                 "unit": list(repeat(self.tree.unit, len(nodes)))},
            )  # fmt: skip

    @property
    def total(self) -> float:
        """The weight of all samples."""
        return self.tree.total
