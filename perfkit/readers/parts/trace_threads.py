"""Duration events of a Chrome trace, as they come: intervals by process and thread, with their names."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from perfkit.readers.parts.call_tree import Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.intervals import Interval
from perfkit.readers.parts.threads import called

Key = tuple[Any, Any]
"""Process and thread."""
VIZTRACER = re.compile(r"(?P<function>.+) \((?P<file>[^()]+):(?P<line>\d+)\)$")
KINETO = re.compile(r"(?P<file>[^()]+)\((?P<line>\d+)\): (?P<function>.+)$")
LAST_LINE = 2**31 - 1


class TraceThreads:
    """Events are X (a beginning and a duration), or B and E (a beginning, and an end of what began last)."""

    def __init__(self, frames: Frames, bad: Callable[[str], Exception]) -> None:
        self.bad = bad
        self._frames = frames
        self._steps: list[Step] = []
        self._names_of: list[Any] = []
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._starts: dict[Key, array[float]] = defaultdict(lambda: array("d"))
        self._ends: dict[Key, array[float]] = defaultdict(lambda: array("d"))
        self._whats: dict[Key, array[int]] = defaultdict(lambda: array("q"))
        self._open: dict[Key, list[tuple[float, int]]] = defaultdict(list)
        self._last: dict[Key, float] = {}
        self._zero: float | None = None
        self.earliest_us = 0.0
        """The earliest event's time since the first one's in the file: since that, microseconds since 1970 lose nothing."""
        self._processes: dict[Any, str] = {}
        self._names: dict[Key, str] = {}

    def complete(self, event: Mapping[str, Any]) -> None:
        start, duration = self._at(event), self.number(event.get("dur", 0), "dur")
        if duration < 0:
            raise self.bad(f"the event {str(event.get('name'))[:40]!r} lasts {duration:g}.")
        self._add((event.get("pid"), event.get("tid")), start, start + duration, self._what(event))

    def begin(self, event: Mapping[str, Any]) -> None:
        key = (event.get("pid"), event.get("tid"))
        at = self._at(event)
        self._last[key] = max(at, self._last.get(key, at))
        self._open[key].append((at, self._what(event)))

    def end(self, event: Mapping[str, Any]) -> None:
        """Ends the last one begun, of its name where it tells one; an end whose beginning was before the trace says nothing."""
        key = (event.get("pid"), event.get("tid"))
        at, opened = self._at(event), self._open[key]
        self._last[key] = max(at, self._last.get(key, at))
        name = event.get("name")
        for place in range(len(opened) - 1, max(len(opened) - 200, -1), -1):
            start, what = opened[place]
            if not name or self._names_of[what] == name:
                del opened[place]
                self._add(key, start, max(at, start), what)
                return

    def named(self, event: Mapping[str, Any]) -> None:
        """process_name and thread_name."""
        arguments = event.get("args")
        name = arguments.get("name") if isinstance(arguments, dict) else None
        if not isinstance(name, str):
            return
        if event.get("name") == "process_name":
            self._processes[event.get("pid")] = name
        elif event.get("name") == "thread_name":
            self._names[event.get("pid"), event.get("tid")] = name

    def owner(self, key: Key) -> Owner:
        return Owner(called(self._processes.get(key[0]), key[0]), called(self._names.get(key), key[1]))

    def threads(self) -> Iterator[tuple[Key, list[Interval]]]:
        """The intervals of each thread; what never ended, ends with its thread's last event."""
        for key, opened in self._open.items():
            while opened:
                start, what = opened.pop()
                self._add(key, start, max(self._last[key], start), what)
        for key in list(self._starts):
            starts, ends, whats = self._starts.pop(key), self._ends.pop(key), self._whats.pop(key)
            yield key, [(start, end, self._steps[what]) for start, end, what in zip(starts, ends, whats, strict=True)]

    def number(self, value: Any, what: str) -> float:
        """Some writers give numbers as texts."""
        try:
            found = float(value)
        except (TypeError, ValueError, OverflowError):
            found = float("nan")
        if not isfinite(found):
            raise self.bad(f"{str(value)[:40]!r} stands where {what} belongs.")
        return found

    def _at(self, event: Mapping[str, Any]) -> float:
        at = self.number(event.get("ts"), "ts")
        if self._zero is None:
            self._zero = at
        at -= self._zero
        self.earliest_us = min(self.earliest_us, at)
        return at

    def _add(self, key: Key, start: float, end: float, what: int) -> None:
        self._starts[key].append(start)
        self._ends[key].append(end)
        self._whats[key].append(what)

    def _what(self, event: Mapping[str, Any]) -> int:
        """py-spy tells file and line beside the name, VizTracer and PyTorch in it."""
        arguments = event.get("args")
        place = (arguments.get("filename"), arguments.get("line")) if isinstance(arguments, dict) else (None, None)
        key = (event.get("name"), *place)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._steps)
            self._steps.append(self._step(str(event.get("name") or "(unnamed)"), *place))
            self._names_of.append(event.get("name"))
        return number

    def _step(self, name: str, file: Any, line: Any) -> Step:
        if isinstance(file, str):
            return Step(self._frames.id_of(name, file), line if isinstance(line, int) and 0 < line <= LAST_LINE else None)
        found = VIZTRACER.match(name) or KINETO.match(name)
        if found is None or int(found["line"]) > LAST_LINE:
            return Step(self._frames.id_of(name))
        return Step(self._frames.id_of(found["function"], found["file"], int(found["line"])))
