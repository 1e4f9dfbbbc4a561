"""Events with a beginning and an end → a tree: at every moment the running events are a stack, the latest begun innermost."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import chain
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from perfkit.readers.parts.call_tree import CallTree, Owner
from perfkit.readers.parts.nesting import Moments, innermost, nested
from perfkit.readers.parts.timeline import Timeline

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.typing import NDArray

MOST_OPENED_AGAIN = 20
"""Times the number of events, and as many again as SOME: what overlaps more is no stack."""
SOME = 1_000_000

Running = tuple[float, int, int, float]
"""An event on the stack: when it ends, what it is, its node, and when it or one below it ends first."""


class Intervals(NamedTuple):
    """Events of one thread: from when to when, and the number of what."""

    starts: NDArray[float64]
    ends: NDArray[float64]
    whats: NDArray[int64]

    def where(self, those: NDArray[bool_] | NDArray[int64]) -> Intervals:
        """Some of them."""
        return Intervals(self.starts[those], self.ends[those], self.whats[those])


def stack_up(timeline: Timeline, intervals: Intervals, owner: Owner, zero_us: float) -> None:
    """Own time is when nothing later begun was running. An event that outlives the one it began in goes on below what is left.

    So every moment counts once, and the total of a function is how long its events ran. Raises ValueError where they overlap too much.
    """
    import numpy as np

    order = np.lexsort((-intervals.ends, intervals.starts))
    ordered = intervals.where(order)
    crossing = nested(ordered.starts, ordered.ends).crossing
    parts = (_nesting(timeline.tree, ordered.where(~crossing), owner), _crossing(timeline.tree, ordered.where(crossing), owner))
    nodes, since, lasted = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    by_time = np.argsort(since, kind="stable")
    timeline.add_at(nodes[by_time], (since[by_time] - zero_us) / 1000, lasted[by_time] / 1e6)


def _nesting(tree: CallTree, intervals: Intervals, owner: Owner) -> Moments:
    """Nodes and moments of events that are calls, one inside another."""
    nesting = nested(intervals.starts, intervals.ends)
    nodes = tree.calls(nesting.callers, intervals.whats, nesting.levels, owner)
    moments = innermost(intervals.starts, intervals.ends, nesting)
    return moments._replace(whats=nodes[moments.whats])


def _crossing(tree: CallTree, intervals: Intervals, owner: Owner) -> Moments:
    """The same of events some of which outlive what they began in, one after another."""
    import numpy as np

    stack = _Stack(tree, owner, MOST_OPENED_AGAIN * len(intervals.starts) + SOME)
    stack.run(zip(*(column.tolist() for column in intervals), strict=True))
    return Moments(np.frombuffer(stack.nodes, np.int64), np.frombuffer(stack.since), np.frombuffer(stack.lasted))


class _Stack:
    def __init__(self, tree: CallTree, owner: Owner, room: int) -> None:
        self.tree, self.root, self.room = tree, tree.root(owner), room
        self.running: list[Running] = []
        self.nodes, self.since, self.lasted = array("q"), array("d"), array("d")
        """What was innermost, from when on and for how long."""

    def run(self, events: Iterable[tuple[float, float, int]]) -> None:
        """Lets time pass from event to event, and takes off what ends."""
        running, now = self.running, -inf
        for start, end, what in chain(events, [(inf, inf, -1)]):
            while running:
                top_end, _, node, soonest = running[-1]
                stop = soonest if soonest < start else start
                if stop > now:
                    self.nodes.append(node)
                    self.since.append(now)
                    self.lasted.append(stop - now)
                    now = stop
                if soonest > start:
                    break
                if top_end <= now:
                    running.pop()
                else:
                    self._reopen(now)
            if what >= 0:
                now = max(now, start)
                self._open(end, what)

    def _open(self, end: float, what: int) -> None:
        if self.running:
            _, _, caller, soonest = self.running[-1]
            self.running.append((end, what, self.tree.child(caller, what), min(end, soonest)))
        else:
            self.running.append((end, what, self.tree.child(self.root, what), end))

    def _reopen(self, now: float) -> None:
        """An event ended below others: they go on without it."""
        lowest = next(place for place, event in enumerate(self.running) if event[0] <= now)
        going_on = [event for event in self.running[lowest:] if event[0] > now]
        del self.running[lowest:]
        self.room -= len(going_on)
        if self.room < 0:
            raise ValueError("its events overlap one another so much that they are no calls")
        for end, what, _, _ in going_on:
            self._open(end, what)
