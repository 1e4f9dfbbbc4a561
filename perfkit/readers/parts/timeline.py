"""Samples in the order of time, on a calling-context tree: their weights are the tree's, and each stays a row of its own."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfkit.model.batch import Columns
from perfkit.readers.parts.call_tree import ROWS_A_BATCH, CallTree
from perfkit.readers.parts.columns import column, constant

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray


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

    def add_all(self, nodes: NDArray[int64], weights: NDArray[float64], *, timed: bool) -> None:
        """Samples behind one another from the profile's beginning, each lasting as many seconds as it weighs where that is known."""
        import numpy as np

        if timed:
            self.add_at(nodes, (np.cumsum(weights) - weights) * 1000, weights)
        else:
            self.tree.weigh_all(nodes, weights)

    def add_at(self, nodes: NDArray[int64], at_ms: NDArray[float64], weights: NDArray[float64]) -> None:
        """Samples, each at its moment."""
        self.tree.weigh_all(nodes, weights)
        self._nodes.frombytes(nodes.tobytes())
        self._at_ms.frombytes(at_ms.tobytes())
        self._weights.frombytes(weights.tobytes())

    def batches(self) -> Iterator[Columns]:
        """The tree's nodes, and the samples behind them."""
        import numpy as np

        yield from self.tree.batches()
        at_ms, weights = np.frombuffer(self._at_ms), np.frombuffer(self._weights)
        for first in range(0, len(self._nodes), ROWS_A_BATCH):
            part = slice(first, first + ROWS_A_BATCH)
            nodes = self.tree.numbers(self._nodes[part])
            yield Columns(
                "profile_samples",
                {
                    "node_id": column(nodes),
                    "unit": constant(self.tree.unit, len(nodes)),
                    "at_ms": column(at_ms[part]),
                    "weight": column(weights[part]),
                },
            )

    @property
    def total(self) -> float:
        """The weight of all samples."""
        return self.tree.total
