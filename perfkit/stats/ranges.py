"""How much of the work happened at the same time? One sweep over starts and ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Overlap:
    """Stretches of time and what they share; mean_concurrency × busy = work, and busy is at most wall."""

    n: int
    wall: float
    """First start to last end."""
    busy: float
    """Time in which at least one was open."""
    work: float
    """Sum of the lengths."""
    max_concurrency: int
    """1 where one ends as the next begins."""
    mean_concurrency: float
    """Over the busy time; 0 where nothing took any time."""


def overlap(intervals: Sequence[tuple[float, float]]) -> Overlap:
    """What (start, end) pairs share, in any order."""
    for start, end in intervals:
        if not (math.isfinite(start) and math.isfinite(end) and start <= end):
            raise ValueError(f"({start}, {end}) is no stretch of time: it must end, and not before it starts.")
    if not intervals:
        return Overlap(0, 0.0, 0.0, 0.0, 0, 0.0)
    wall = max(end for _, end in intervals) - min(start for start, _ in intervals)
    work = math.fsum(end - start for start, end in intervals)
    busy, highest = _sweep([pair for pair in intervals if pair[0] < pair[1]])
    return Overlap(len(intervals), wall, busy, work, max(highest, 1), work / busy if busy else 0.0)


def _sweep(intervals: Sequence[tuple[float, float]]) -> tuple[float, int]:
    """Busy time and the most that were open at once; an end comes before a start at the same time."""
    events = sorted([(start, 1) for start, _ in intervals] + [(end, -1) for _, end in intervals])
    stretches, opened, highest = [], 0, 0
    for (at, change), (following, _) in pairwise(events):
        opened += change
        highest = max(highest, opened)
        if opened:
            stretches.append(following - at)
    return math.fsum(stretches), highest
