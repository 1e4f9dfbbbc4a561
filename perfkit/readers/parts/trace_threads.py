"""Duration events of a Chrome trace, as they come: intervals by process and thread, with their names."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from perfkit.readers.parts.call_tree import Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.intervals import Intervals
from perfkit.readers.parts.threads import called
from perfkit.readers.parts.trace_columns import Calls

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

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
        self._whats_of: dict[tuple[Any, ...], int] = {}
        self._starts, self._ends = array("d"), array("d")
        self._whats, self._keys = array("q"), array("q")
        self._numbers_of_keys: dict[Key, int] = {}
        self._open: dict[Key, list[tuple[int, int]]] = defaultdict(list)
        """The interval of each event that has begun, and what it is: intervals stand in the order in which they began."""
        self._last: dict[Key, float] = {}
        self._zero: float | None = None
        self.earliest_us = 0.0
        """The earliest event's time since the first one's in the file: since that, microseconds since 1970 lose nothing."""
        self._processes: dict[Any, str] = {}
        self._names: dict[Key, str] = {}

    def complete(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Events of the phase X."""
        durations = self._numbers([0 if event.get("dur") is None else event["dur"] for event in events], "dur")
        if len(durations) and durations.min() < 0:
            worst = events[int(durations.argmin())]
            raise self.bad(f"the event {str(worst.get('name'))[:40]!r} lasts {durations.min():g}.")
        self._timed(self._numbers([event.get("ts") for event in events], "ts"), durations)
        self._whats.extend(map(self._what, events))
        self._keys.extend([self._number_of((event.get("pid"), event.get("tid"))) for event in events])

    def add(self, calls: Calls) -> None:
        """The same, as columns."""
        import numpy as np

        self._timed(calls.starts, calls.durations)
        known = zip(calls.names, map(self._whats_of.get, calls.names), strict=True)
        whats = np.array([self._number_of_what(*name) if number is None else number for name, number in known], np.int64)
        keys = np.array([self._number_of(key) for key in calls.keys], np.int64)
        self._whats.frombytes(whats[calls.whats].tobytes())
        self._keys.frombytes(keys[calls.threads].tobytes())

    def begin(self, event: Mapping[str, Any]) -> None:
        key = (event.get("pid"), event.get("tid"))
        at = self._at(event)
        self._last[key] = max(at, self._last.get(key, at))
        self._open[key].append((len(self._starts), self._what(event)))
        self._add(key, at, at, self._open[key][-1][1])

    def end(self, event: Mapping[str, Any]) -> None:
        """Ends the last one begun, of its name where it tells one; an end whose beginning was before the trace says nothing."""
        key = (event.get("pid"), event.get("tid"))
        at, opened = self._at(event), self._open[key]
        self._last[key] = max(at, self._last.get(key, at))
        name = event.get("name")
        for place in range(len(opened) - 1, max(len(opened) - 200, -1), -1):
            number, what = opened[place]
            if not name or self._names_of[what] == name:
                del opened[place]
                self._ends[number] = max(at, self._starts[number])
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

    def threads(self) -> Iterator[tuple[Key, Intervals]]:
        """The intervals of each thread; what never ended, ends with its thread's last event."""
        import numpy as np

        for key, opened in self._open.items():
            while opened:
                number, _ = opened.pop()
                self._ends[number] = max(self._last[key], self._starts[number])
        starts, ends = np.frombuffer(self._starts), np.frombuffer(self._ends)
        whats, keys = np.frombuffer(self._whats, np.int64), np.frombuffer(self._keys, np.int64)
        for key, number in self._numbers_of_keys.items():
            mine = np.flatnonzero(keys == number)
            yield key, Intervals(starts[mine], ends[mine], whats[mine])

    def steps(self) -> list[Step]:
        """What the numbers of the intervals mean."""
        return self._steps

    def number(self, value: Any, what: str) -> float:
        """Some writers give numbers as texts."""
        try:
            found = float(value)
        except (TypeError, ValueError, OverflowError):
            found = float("nan")
        if not isfinite(found):
            raise self.bad(f"{str(value)[:40]!r} stands where {what} belongs.")
        return found

    def _numbers(self, values: list[Any], what: str) -> NDArray[float64]:
        import numpy as np

        if set(map(type, values)) <= {int, float}:
            found = np.array(values, np.float64)
            if np.isfinite(found).all():
                return found
        return np.array([self.number(value, what) for value in values])

    def _since_zero(self, times: NDArray[float64]) -> NDArray[float64]:
        if len(times):
            self._zero = float(times[0]) if self._zero is None else self._zero
            self.earliest_us = min(self.earliest_us, float(times.min()) - self._zero)
        return times - (self._zero or 0.0)

    def _timed(self, times: NDArray[float64], durations: NDArray[float64]) -> None:
        starts = self._since_zero(times)
        self._starts.frombytes(starts.tobytes())
        self._ends.frombytes((starts + durations).tobytes())

    def _at(self, event: Mapping[str, Any]) -> float:
        return float(self._since_zero(self._numbers([event.get("ts")], "ts"))[0])

    def _number_of(self, key: Key) -> int:
        return self._numbers_of_keys.setdefault(key, len(self._numbers_of_keys))

    def _add(self, key: Key, start: float, end: float, what: int) -> None:
        self._starts.append(start)
        self._ends.append(end)
        self._whats.append(what)
        self._keys.append(self._number_of(key))

    def _what(self, event: Mapping[str, Any]) -> int:
        """py-spy tells file and line beside the name, VizTracer and PyTorch in it."""
        arguments = event.get("args")
        place = (arguments.get("filename"), arguments.get("line")) if isinstance(arguments, dict) else (None, None)
        return self._number_of_what(event.get("name"), *place)

    def _number_of_what(self, name: Any, file: Any, line: Any) -> int:
        key = (name, file, line)
        number = self._whats_of.get(key)
        if number is None:
            number = self._whats_of[key] = len(self._steps)
            self._steps.append(self._step(str(name or "(unnamed)"), file, line))
            self._names_of.append(name)
        return number

    def _step(self, name: str, file: Any, line: Any) -> Step:
        if isinstance(file, str):
            return Step(self._frames.id_of(name, file), line if isinstance(line, int) and 0 < line <= LAST_LINE else None)
        found = VIZTRACER.match(name) or KINETO.match(name)
        if found is None or int(found["line"]) > LAST_LINE:
            return Step(self._frames.id_of(name))
        return Step(self._frames.id_of(found["function"], found["file"], int(found["line"])))
