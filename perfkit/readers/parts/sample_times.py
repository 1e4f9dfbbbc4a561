"""When samples were taken, for formats that tell: rows of the table profile_samples beside a call tree."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from perfkit.model.batch import Columns
from perfkit.readers.parts.call_tree import ROWS_A_BATCH, CallTree
from perfkit.readers.parts.columns import column, constant


class SampleTimes:
    """Samples of one tree, in the order in which they come."""

    def __init__(self, tree: CallTree) -> None:
        self.tree = tree
        self._nodes, self._at_ms, self._weights = array("q"), array("d"), array("d")

    def add(self, node: int, at_ms: float, weight: float) -> None:
        """One sample that ended at a node of the tree, counted there."""
        self.tree.weigh(node, weight)
        self._nodes.append(node)
        self._at_ms.append(at_ms)
        self._weights.append(weight)

    def batches(self) -> Iterator[Columns]:
        """Rows of profile_nodes and of profile_samples. Nothing may be added after them."""
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
