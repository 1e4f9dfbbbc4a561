"""When samples were taken, for formats that tell: rows of the table profile_samples beside a call tree."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import repeat

from perfkit.model.batch import Columns
from perfkit.readers.parts.call_tree import CallTree

ROWS_A_BATCH = 100_000


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
        yield from self.tree.batches()
        for start in range(0, len(self._nodes), ROWS_A_BATCH):
            piece = slice(start, start + ROWS_A_BATCH)
            nodes = self.tree.numbers(self._nodes[piece])
            yield Columns(
                "profile_samples",
                {
                    "node_id": nodes,
                    "unit": list(repeat(self.tree.unit, len(nodes))),
                    "at_ms": self._at_ms[piece].tolist(),
                    "weight": self._weights[piece].tolist(),
                },
            )
