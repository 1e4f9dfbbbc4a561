"""What timing a call costs: undecorated, timed with and without a recorder, and by the decorator that everybody writes."""

from __future__ import annotations

import functools
import io
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.jobs import held, save
from perfkit.trace import record, request, timed

MOST_US, MOST_OFF_US = 1.5, 0.2
CALLS, ROUNDS = 5_000, 60


def plain(number: int) -> int:
    """What is timed."""
    return number


measured = timed(plain)


def logged(function: Callable[[int], int]) -> Callable[[int], int]:
    """The decorator of a hundred projects: two clocks and a line in the log."""
    log = logging.getLogger("benchmarks.timed_calls")
    log.propagate, log.handlers = False, [logging.StreamHandler(io.StringIO())]
    log.setLevel(logging.INFO)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> int:
        started = time.time()
        result = function(*args, **kwargs)
        log.info("%s took %.2f ms", function.__name__, (time.time() - started) * 1000)
        return result

    return wrapper


def run() -> None:
    """Interleaved rounds; the least of each is what it costs when nobody else wants the processor."""
    naive = logged(plain)
    off = min(_round(measured) - _round(plain) for _ in range(ROUNDS))
    with tempfile.TemporaryDirectory() as folder, record(Path(folder) / "trace.ndjson") as recording:
        rounds = []
        for _ in range(ROUNDS):
            with request("benchmark"):
                rounds.append([_round(function) for function in (plain, measured, naive)])
        recording.flush()
        written = recording.path.stat().st_size / recording.spans
        base, on, theirs = (min(column) for column in zip(*rounds, strict=True))
        lost = recording.dropped
    _print(base, off, on - base, theirs - base, written, lost)


def _round(function: Callable[[int], int]) -> float:
    """µs of CPU a call, writing included."""
    began = time.process_time()
    for number in range(CALLS):
        function(number)
    return (time.process_time() - began) / CALLS * 1e6


def _print(base: float, off: float, on: float, theirs: float, written: float, lost: int) -> None:
    save(
        "timed_calls",
        f"### Timing a call with `perfkit.trace.timed`\n\n"
        f"The least of {ROUNDS} rounds of {CALLS} calls, CPU time; an undecorated call takes {base:.2f} µs. "
        f"{written:.0f} bytes a call are written, {lost} calls lost.\n\n"
        f"- Recorded, a call costs at most {MOST_US:g} µs more: {on:.2f} µs, {held(on <= MOST_US)}.\n"
        f"- Without a recorder at most {MOST_OFF_US:g} µs: {off:.2f} µs, {held(off <= MOST_OFF_US)}.\n"
        f"- At most 0.5 of the usual decorator with `time.time()` and `logging`, {theirs:.2f} µs: {on / theirs:.2f}, {held(on <= 0.5 * theirs)}.\n",
    )
