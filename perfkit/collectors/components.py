"""Spans of a measured program → how long and how often each of its parts worked, for every execution."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

from perfkit.collectors.rounds import Measured, Round
from perfkit.trace.unpacked import spans_in

WORDS = {
    "db": "statements",
    "cache": "cache calls",
    "llm": "model calls",
    "http": "calls to other services",
    "internal": "timed functions",
    "server": "requests",
}
"""What the spans of a kind are called together."""


def components_of(traces: Iterable[Path], measured: Sequence[Measured], wanted: Sequence[str] = ()) -> list[Round]:
    """Own time and count of every kind and of every name; a part that did not work in some execution counts as 0 there."""
    succeeded = sorted((item for item in measured if item.problem is None and item.call.phase is None), key=lambda item: item.from_us)
    totals: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0]))
    for number, span, own_ms in _own_times(traces, succeeded):
        for name in _names(span):
            cell = totals[name][number]
            cell[0] += own_ms
            cell[1] += 1
    chosen = [name for name in sorted(totals) if not wanted or any(fnmatchcase(name, f"*{glob}*") for glob in wanted)]
    return [row for name in chosen for number, item in enumerate(succeeded) for row in _rounds(name, item, totals[name].get(number, [0.0, 0]))]


def _rounds(name: str, item: Measured, cell: Sequence[float]) -> tuple[Round, Round]:
    call = item.call
    return Round(call.round, cell[0], "ms", None, call.size, name), Round(call.round, cell[1], "count", None, call.size, name)


def _names(span: dict[str, Any]) -> tuple[str, str]:
    place = f" ({span['file']}:{span['line']})" if span["file"] and span["line"] else ""
    return WORDS.get(span["kind"], span["kind"]), f"{span['kind']} {span['name']}{place}"


def _own_times(traces: Iterable[Path], succeeded: Sequence[Measured]) -> Iterator[tuple[int, dict[str, Any], float]]:
    """Each span of an execution with its time without the spans inside it."""
    starts = [item.from_us for item in succeeded]
    found: list[tuple[int, dict[str, Any]]] = []
    inside: dict[str, float] = defaultdict(float)
    for span in chain.from_iterable(map(spans_in, traces)):
        number = bisect_right(starts, span["started_at"]) - 1
        if number >= 0 and span["started_at"] <= succeeded[number].to_us:
            found.append((number, span))
            inside[span["parent_id"]] += span["duration_ms"]
    for number, span in found:
        # spans that run side by side inside it may add up to more than itself
        yield number, span, max(span["duration_ms"] - inside.get(span["span_id"], 0.0), 0.0)
