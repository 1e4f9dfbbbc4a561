"""Timed calls on their way into the trace: a tuple each while they wait, and then one line for hundreds of them, column by column."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from types import CodeType
from typing import Any

from perfkit.trace import recorder
from perfkit.trace.recorder import STUMBLES, Recorder

MOST_WAITING = 512
"""Calls that wait for their line, at most; that many take some 100 kB."""

More = dict[str, Any] | None
"""What is known of one call alone."""

above, stand_below = recorder._current.get, recorder._current.set
numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """What all calls of one timed function have in common."""

    name: str
    file: str | None
    line: int | None
    attributes: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, code: CodeType | None, attributes: dict[str, Any]) -> Timing:
        """Stands where the code begins."""
        return cls(name, None, None, attributes) if code is None else cls(name, code.co_filename, code.co_firstlineno, attributes)


_LINE = '{"perfkit_calls":{"prefix":"%s","clock_ns":%d,"timings":%s,"above":%s,"timing":%s,"below":%s,"number":%s,"started":%s,"took":%s,"more":%s}}'
"""Written by hand: Python's own text of a list of integers is JSON, at half the encoder's time."""

Waiting = tuple[Timing, int, Any, int, int, More]
"""Timing, number, what was around it, start and length in ns of perf_counter, what else is known."""


def begin() -> tuple[Any, int]:
    """Everything from here on stands below a new call; returns what was around it and its number."""
    outer, number = above(), next(numbers)
    stand_below((number, number if outer is None else outer[1] if type(outer) is tuple else outer.trace_id))  # type: ignore[union-attr]
    return outer, number


def end(recording: Recorder, timing: Timing, outer: Any, number: int, started: int, more: More = None) -> None:
    """The call is over: what comes now stands below what was around it."""
    ended = perf_counter_ns()
    stand_below(outer)
    calls = recording.calls
    calls.append((timing, number, outer, started, ended - started, more))  # needs no lock: flush() takes from the front
    if len(calls) >= MOST_WAITING or ended > recording.due:
        recording.flush()


def failed(error: BaseException) -> More:
    """What is noted of a call that raised."""
    return {"error": type(error).__name__}


class Places(dict[Any, str]):
    """The place of each different thing in the order of their coming, as text: looking it up also notes what is new."""

    def __missing__(self, thing: Any) -> str:
        place = self[thing] = str(len(self))
        return place


def line_of(calls: Sequence[Waiting], prefix: str, home: Callable[[str], str], encode: Callable[[Any], str]) -> str:
    """One line for all of them."""
    timings, numbers_, outers, started, took, more = zip(*calls, strict=True)
    kinds, around = Places(), Places()
    places = (f"[{','.join(map(known.__getitem__, things))}]" for known, things in ((kinds, timings), (around, outers)))
    columns = (*places, [*numbers_], [*started], [*took])
    heads = (encode([_described(timing, home) for timing in kinds]), encode([*map(ids_of, around)]))
    return _LINE % (prefix, time.time_ns() - perf_counter_ns(), *heads, *columns, _encoded(more, encode) if any(more) else "null")


def ids_of(outer: Any) -> dict[str, Any]:
    """Of what was around a call: numbers of calls in the same file, or the ids of another span."""
    if outer is None:
        return {}
    if type(outer) is not tuple:
        return {"trace_id": outer.trace_id, "span_id": outer.span_id}
    number, trace = outer
    return {"number": number, "trace_id": trace} if isinstance(trace, str) else {"number": number, "trace": trace}


def _described(timing: Timing, home: Callable[[str], str]) -> dict[str, Any]:
    file = None if timing.file is None else home(timing.file)
    return {"name": timing.name, "file": file, "line": timing.line, "attributes": timing.attributes}


def _encoded(more: Sequence[More], encode: Callable[[Any], str]) -> str:
    """A ring or a NaN costs one call its attributes, not its neighbours theirs."""
    try:
        return encode(more)
    except STUMBLES:
        return encode([_encodable(one, encode) for one in more])


def _encodable(more: More, encode: Callable[[Any], str]) -> More:
    try:
        encode(more)
    except STUMBLES:
        return {"error": more["error"]} if more and "error" in more else None
    return more
