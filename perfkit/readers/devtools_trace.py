"""Chrome's trace events: CPU samples where the trace holds them, else a tree of its duration events for each thread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.model.run import Manifest
from perfkit.readers.parts.facts import fact_rows
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.intervals import stack_up
from perfkit.readers.parts.json_stream import Cursor, opened_json
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.resting import collector_resting
from perfkit.readers.parts.timeline import Timeline
from perfkit.readers.parts.trace_columns import Calls, calls_in
from perfkit.readers.parts.trace_threads import Key, TraceThreads
from perfkit.readers.parts.v8_profile import Node, grow, spread

NAME = "devtools_trace"
KIND = "profile"
TOOL = "chrome-trace"
ABOUT = "Chrome's trace events (DevTools, py-spy chrometrace, PyTorch, VizTracer, Perfetto's JSON): an object or an array, also cut off, also gzip"
BY_LINE = False

EVENT = re.compile(rb'^\s*\[\s*\{[^\[\]]{0,4000}?"ph"\s*:\s*"[A-Za-z]"', re.DOTALL)
EVENTS = re.compile(rb'"traceEvents"\s*:\s*\[')
PATIENCE = 8
"""So many pieces may hold other events before none is taken for what it seldom is."""
FIELDS = re.compile(rb'"(?:ts|pid|tid|cat)"\s*:')


@dataclass
class Sampled:
    """One CPU profile, put together from its chunks."""

    key: Key
    start_us: float
    end_us: float | None = None
    nodes: list[Node] = field(default_factory=list)
    samples: list[tuple[float, int]] = field(default_factory=list)
    at_us: float = 0.0


@dataclass
class Trace:
    """What was found so far."""

    path: Path
    frames: Frames
    threads: TraceThreads
    profiles: dict[tuple[Any, Any], Sampled] = field(default_factory=dict)

    def bad(self, reason: str) -> ArtefactError:
        return refuse(self.path, NAME, reason)


def sniff(head: Head) -> bool:
    """The list of events by its name; or an array of events with a phase."""
    data = head.data.removeprefix(b"\xef\xbb\xbf")
    if EVENTS.search(data) and data.lstrip()[:1] == b"{":
        return b'"endAt"' not in data[:200]
    return bool(EVENT.match(data) and FIELDS.search(data))


def read(path: Path) -> Iterator[Batch]:
    """A tree of wall time by process and thread, and its moments in the order of time."""
    frames = Frames()
    trace = Trace(path, frames, TraceThreads(frames, lambda reason: refuse(path, NAME, reason)))
    with collector_resting(), opened_json(path, NAME) as cursor:
        timeline = Timeline("wall_s")
        try:
            for piece in _events(cursor):
                if isinstance(piece, Calls):
                    trace.threads.add(piece)
                else:
                    _take(trace, piece)
            cut = cursor.cut
            _fill(trace, timeline)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise trace.bad(f"its events do not fit together: {type(error).__name__} {str(error)[:80]}.") from error
        if not len(timeline.tree):
            raise trace.bad("it holds neither CPU samples nor events with a duration. Record with the category disabled-by-default-v8.cpu_profiler.")
        doubt = "the trace was cut off: events after the last whole one are missing" if cut else None
        yield Manifest(tool=TOOL, valid=not cut, invalid_because=doubt)
        yield frames.columns()
        yield from timeline.batches()
        yield fact_rows([("total", timeline.total, "wall_s")])


def _events(cursor: Cursor) -> Iterator[Calls | list[Any]]:
    if cursor.peek() == "[":
        yield from cursor.pieces(Quick().read, open_end=True)
        cursor.finish()
        return
    for key in cursor.members():
        if key == "traceEvents":
            yield from cursor.pieces(Quick().read, open_end=True)
            if cursor.cut:
                return
    cursor.finish()


class Quick:
    """Reads pieces of nothing but complete events; where most hold others, it does not try any more."""

    def __init__(self) -> None:
        self._patience = PATIENCE

    def read(self, text: bytes) -> Calls | None:
        calls = calls_in(text, frozenset(PHASES), frozenset(PROFILING)) if self._patience > 0 else None
        self._patience += 1 if calls else -1
        return calls


def _take(trace: Trace, events: list[Any]) -> None:
    """Other phases tell of moments, counters and what is asynchronous: no thread was busy with it."""
    strange = next((event for event in events if not isinstance(event, dict)), None)
    if strange is not None or None in events:
        raise trace.bad(f"{str(strange)[:60]!r} stands where an event belongs.")
    trace.threads.complete([event for event in events if event.get("ph") == "X" and event.get("name") not in PROFILING])
    for event in events:
        phase, name = event.get("ph"), event.get("name")
        if name in PROFILING:
            PROFILING[name](trace, event)
        elif phase in PHASES:
            PHASES[phase](trace.threads, event)


def _profile(trace: Trace, event: dict[str, Any]) -> None:
    """The profile's own event is on the profiled thread; its chunks come from the sampler's."""
    found = _sampled(trace, event)
    found.key = (event.get("pid"), event.get("tid"))
    found.start_us = found.at_us = trace.threads.number(_data(trace, event).get("startTime", event.get("ts")), "startTime")


def _chunk(trace: Trace, event: dict[str, Any]) -> None:
    found, told = _sampled(trace, event), _data(trace, event)
    profile = told.get("cpuProfile") or {}
    found.nodes += [(node["id"], node.get("parent"), node.get("callFrame") or node) for node in profile.get("nodes") or ()]
    samples = profile.get("samples") or ()
    deltas = told.get("timeDeltas") or profile.get("timeDeltas") or ()
    if len(samples) != len(deltas):
        raise trace.bad(f"a chunk of a profile has {len(samples)} samples and {len(deltas)} times.")
    for sample, delta in zip(samples, deltas, strict=True):
        found.at_us += trace.threads.number(delta, "a time between samples")
        found.samples.append((found.at_us, sample))
    if "endTime" in told:
        found.end_us = trace.threads.number(told["endTime"], "endTime")


def _sampled(trace: Trace, event: dict[str, Any]) -> Sampled:
    key = (event.get("pid"), event.get("id"))
    if key not in trace.profiles:
        trace.profiles[key] = Sampled((event.get("pid"), event.get("tid")), 0.0)
    return trace.profiles[key]


def _data(trace: Trace, event: dict[str, Any]) -> dict[str, Any]:
    arguments = event.get("args")
    told = arguments.get("data") if isinstance(arguments, dict) else None
    if not isinstance(told, dict):
        raise trace.bad("a chunk of a profile holds no data.")
    return told


def _fill(trace: Trace, timeline: Timeline) -> None:
    sampled = _apart([profile for profile in trace.profiles.values() if profile.samples])
    zero = min((profile.start_us for profile in sampled), default=0.0)
    for profile in sampled:
        placed = grow(timeline, trace.frames, profile.nodes, trace.threads.owner(profile.key))
        spread(placed, profile.samples, profile.end_us, zero)
    if not sampled:
        _stack(trace, timeline)


def _stack(trace: Trace, timeline: Timeline) -> None:
    import numpy as np

    threads = list(trace.threads.threads())
    numbers = np.array([timeline.tree.step_number(step) for step in trace.threads.steps()], np.int64)
    for key, intervals in threads:
        stack_up(timeline, intervals._replace(whats=numbers[intervals.whats]), trace.threads.owner(key), trace.threads.earliest_us)


def _apart(profiles: list[Sampled]) -> list[Sampled]:
    """Two profilers may have watched one thread: of profiles that overlap, the one with the most samples stands for the time."""
    kept: list[Sampled] = []
    for profile in sorted(profiles, key=lambda item: -len(item.samples)):
        rivals = (other for other in kept if other.key == profile.key)
        if all(profile.at_us <= other.start_us or other.at_us <= profile.start_us for other in rivals):
            kept.append(profile)
    return kept


PROFILING = {"Profile": _profile, "ProfileChunk": _chunk}
PHASES = {"B": TraceThreads.begin, "E": TraceThreads.end, "M": TraceThreads.named}
