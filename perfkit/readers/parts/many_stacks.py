"""Stacks of one owner, gathered: they go into the tree together, one step of all of them at a time."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from perfkit.readers.parts.call_tree import NOBODY, CallTree, Owner

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

STEPS_TOGETHER = 24_000_000
"""Of two or four bytes each."""


class ManyStacks:
    """Numbered steps of stacks, none of which is empty."""

    def __init__(self, tree: CallTree, owner: Owner = NOBODY) -> None:
        self.tree, self.owner = tree, owner
        self._steps: list[NDArray[Any]] = []
        self._lengths: list[NDArray[int64]] = []
        self._waiting = 0
        self._nodes = array("q")

    def add(self, steps: NDArray[Any], lengths: NDArray[int64]) -> None:
        """The steps of some stacks one after another, and how many each has."""
        self._steps.append(steps)
        self._lengths.append(lengths)
        self._waiting += len(steps)
        if self._waiting > STEPS_TOGETHER:
            self._place()

    def nodes(self) -> NDArray[int64]:
        """Where the stacks ended, in the order in which they came."""
        import numpy as np

        self._place()
        return np.frombuffer(self._nodes, np.int64)

    def _place(self) -> None:
        import numpy as np

        if not self._steps:
            return
        steps, lengths = np.concatenate(self._steps), np.concatenate(self._lengths)
        self._steps.clear()
        self._lengths.clear()
        self._waiting = 0
        self._nodes.frombytes(self.tree.paths(steps, lengths, self.owner).view("u1").data)
