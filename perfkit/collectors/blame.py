"""cProfile's statistics → the application's own functions, each with the time of the library code that it called."""

from __future__ import annotations

import marshal
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

Key = tuple[str, int, str]
Edge = tuple[int, int, float, float]
Stats = Mapping[Key, tuple[int, int, float, float, Mapping[Key, Edge]]]

NOT_APPLICATION = re.compile(r"site-packages|dist-packages|/lib/python\d|perfkit/(collectors|trace)/|timed_calls\.py$|^~$|^<|^$")
MOST_STEPS = 60
"""Library code calls library code: so many times its time is handed to whoever called it."""
LEAST_S = 1e-7


def blamed(profile: Path) -> dict[str, float]:
    """`function name (file:line)` → seconds."""
    stats: Stats = marshal.loads(profile.read_bytes())  # noqa: S302  written by our own child a moment ago
    return {f"function {key[2]} ({key[0]}:{key[1]})": seconds for key, seconds in by_function(stats).items() if seconds > 0}


def by_function(stats: Stats) -> dict[Key, float]:
    """Own time of the application's functions and of the library code under them; a regular expression's time is its caller's."""
    settled: dict[Key, float] = defaultdict(float)
    waiting = {key: values[2] for key, values in stats.items() if values[2] > 0}
    for _ in range(MOST_STEPS):
        handed: dict[Key, float] = defaultdict(float)
        for key, seconds in waiting.items():
            if not NOT_APPLICATION.search(key[0]):
                settled[key] += seconds
                continue
            for caller, share in _callers(key, stats).items():
                handed[caller] += seconds * share
        waiting = {key: seconds for key, seconds in handed.items() if seconds > LEAST_S}
        if not waiting:
            break
    return dict(settled)


def _callers(key: Key, stats: Stats) -> dict[Key, float]:
    """Callers of a function with their shares of its time; one that nobody called hands nothing on."""
    edges = {caller: edge for caller, edge in stats[key][4].items() if caller != key and caller in stats} if key in stats else {}
    total = sum(edge[3] for edge in edges.values())
    if total <= 0:
        return {caller: 1 / len(edges) for caller in edges}
    return {caller: edge[3] / total for caller, edge in edges.items()}
