"""Events with a beginning and an end → a tree: at every moment the running events are a stack, the latest begun innermost."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from perfkit.readers.parts.call_tree import Owner, Step
from perfkit.readers.parts.timeline import Timeline

MOST_OPENED_AGAIN = 20
"""Times the number of events, and as many again as SOME: what overlaps more is no stack."""
SOME = 1_000_000

Interval = tuple[float, float, Step]
"""From, to, what."""


class Running(NamedTuple):
    """An event on the stack."""

    end: float
    step: Step
    node: int
    soonest: float
    """When it or one below it ends."""


def stack_up(timeline: Timeline, intervals: Sequence[Interval], owner: Owner, zero_us: float) -> None:
    """Own time is when nothing later begun was running. An event that outlives the one it began in goes on below what is left.

    So every moment counts once, and the total of a function is how long its events ran. Raises ValueError where they overlap too much.
    """
    stack = _Stack(timeline, owner, zero_us, MOST_OPENED_AGAIN * len(intervals) + SOME)
    for start, end, step in sorted(intervals, key=lambda item: (item[0], -item[1])):
        stack.run_until(start)
        stack.open(end, step)
    stack.run_until(inf)


class _Stack:
    def __init__(self, timeline: Timeline, owner: Owner, zero_us: float, room: int) -> None:
        self.timeline, self.owner, self.zero_us = timeline, owner, zero_us
        self.running: list[Running] = []
        self.now = -inf
        self.room = room

    def open(self, end: float, step: Step) -> None:
        below = self.running[-1] if self.running else None
        node = self.timeline.tree.below(below.node if below else None, step, self.owner)
        self.running.append(Running(end, step, node, min(end, below.soonest) if below else end))

    def run_until(self, until: float) -> None:
        """Lets time pass, and takes off what ends."""
        running = self.running
        while running:
            top = running[-1]
            stop = min(top.soonest, until)
            if stop > self.now:
                self.timeline.add(top.node, (self.now - self.zero_us) / 1000, (stop - self.now) / 1e6)
                self.now = stop
            if top.soonest > until:
                break
            if top.end <= self.now:
                running.pop()
            else:
                self._reopen()
        if until != inf:
            self.now = max(self.now, until)

    def _reopen(self) -> None:
        """An event ended below others: they go on without it."""
        lowest = next(place for place, event in enumerate(self.running) if event.end <= self.now)
        going_on = [event for event in self.running[lowest:] if event.end > self.now]
        del self.running[lowest:]
        self.room -= len(going_on)
        if self.room < 0:
            raise ValueError("its events overlap one another so much that they are no calls")
        for event in going_on:
            self.open(event.end, event.step)
