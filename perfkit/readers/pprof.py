"""pprof's protocol buffer: a weight of every type for every stack, innermost location first. Several types are several trees."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Columns
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import NO_STACK, CallTree, Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.protobuf import BYTES, VARINT, ProtobufError, fields, numbers, signed
from perfkit.readers.parts.threads import called

NAME = "pprof"
KIND = "profile"
TOOL = "pprof"
ABOUT = "pprof profile.proto (.pb, .pb.gz): Go, pypprof, austin2pprof and pyroscope's exports"
BY_LINE = False

SAMPLE_TYPE, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING, TIME_NANOS, DURATION_NANOS, PERIOD_TYPE, PERIOD = 1, 2, 3, 4, 5, 6, 9, 10, 11, 12
HIGHEST_FIELD = 20
LARGEST = 256 << 20
MOST_FRAMES = 100_000
LARGEST_LINE = 2**31 - 1
LONGEST_DURATION_NS = 2**62
SECONDS = {
    "nanoseconds": 1e-9, "microseconds": 1e-6, "milliseconds": 1e-3, "seconds": 1.0,
    "ns": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ms": 1e-3, "s": 1.0,
}  # fmt: skip
"""Microseconds with the micro sign as well, and with the Greek letter of austin2pprof."""
SIZES = {"bytes": 1.0, "B": 1.0, "kilobytes": 1024.0, "megabytes": 1024.0**2, "gigabytes": 1024.0**3}
CLOCKS = {
    "cpu": "cpu_s", "cpu-time": "cpu_s", "cpu time": "cpu_s",
    "wall": "wall_s", "wall-time": "wall_s", "wall time": "wall_s", "delay": "wall_s", "time": "wall_s",
}  # fmt: skip
COUNTS = {"samples": "samples", "sample": "samples", "alloc_objects": "allocations", "allocations": "allocations", "alloc-samples": "allocations"}
ALLOCATED = ("alloc_space", "alloc-space", "space", "allocated", "allocated memory", "bytes")
ALIVE = {"inuse_space": "bytes", "heap_space": "bytes", "heap-space": "bytes", "inuse_objects": "allocations", "objects": "allocations"}
"""The main unit of memory where the file does not also tell what was allocated."""
PROCESS_LABELS = (("process", "process_name"), ("process id", "process_id", "pid"))
THREAD_LABELS = (("thread", "thread name", "thread_name"), ("thread id", "thread_id", "tid", "thread native id"))
TASK_LABELS = (("task", "task name", "goroutine"), ("task id",))
"""Of a name, and of a number."""


def sniff(head: Head) -> bool:
    """Whole fields with the numbers and kinds of a profile, a sample's type among the first; gzip has been taken away."""
    view, seen = memoryview(head.data), []
    try:
        for number, kind, start, end in fields(view, 0, len(view)):
            if number > HIGHEST_FIELD or (kind != (BYTES if number in (1, 2, 3, 4, 5, 6, 11) else VARINT) and number not in (13, 14)):
                return False
            if number == SAMPLE_TYPE and not _is_value_type(view, start, end):
                return False
            seen.append(number)
    except ProtobufError:
        if head.complete and (SAMPLE_TYPE not in seen or len(seen) < 3):
            return False
    return SAMPLE_TYPE in seen and len(seen) > (2 if head.complete else 0)


def _is_value_type(view: memoryview, start: int, end: int) -> bool:
    return end - start <= 22 and all(number in (1, 2) and kind == VARINT for number, kind, _, _ in fields(view, start, end))


def read(path: Path) -> Iterator[Batch]:
    """A tree for every sample type."""
    with open_artefact(path) as file:
        try:
            content = file.read(LARGEST + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error
    if len(content) > LARGEST:
        raise refuse(path, NAME, f"it is larger than {LARGEST >> 20} MB without compression. Profile for a shorter time.")
    try:
        profile = Profile(path, memoryview(content))
        trees = profile.trees()
        manifest, facts = profile.manifest(), profile.facts()
    except ProtobufError as error:
        raise refuse(path, NAME, str(error)) from error
    yield manifest
    yield profile.frames.columns()
    for tree in trees:
        yield from tree.batches()
    yield facts


@dataclass(slots=True)
class Line:
    """A function at a line; a location has several where functions were inlined, the innermost first."""

    function: int = 0
    number: int = 0


@dataclass(slots=True)
class Sample:
    """Where, how much, and labels as pairs of a key and a text or a number."""

    locations: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


class Profile:
    """The tables of one file; texts are looked up when all have been read."""

    def __init__(self, path: Path, content: memoryview) -> None:
        self.path, self.content = path, content
        self.frames = Frames()
        self.plain: dict[int, int] = {}
        self._parts: dict[int, list[tuple[int, int]]] = {
            number: [] for number in (SAMPLE_TYPE, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING, PERIOD_TYPE)
        }
        for number, kind, start, end in fields(content, 0, len(content)):
            if kind == BYTES and number in self._parts:
                self._parts[number].append((start, end))
            elif kind == VARINT:
                self.plain[number] = signed(start)
        self._texts: dict[int, str] = {}
        self._functions = {item[1]: item for item in map(self._numbers_of, self._parts[FUNCTION]) if 1 in item}
        self._mappings = {item[1]: item for item in map(self._numbers_of, self._parts[MAPPING]) if 1 in item}
        self._steps = dict(map(self._location, self._parts[LOCATION]))

    def trees(self) -> list[CallTree]:
        """Every sample in the tree of every type."""
        types = [self._type(*place) for place in self._parts[SAMPLE_TYPE]]
        units = _units(types)
        trees = [CallTree(unit) for unit, _ in units]
        if not types:
            raise refuse(self.path, NAME, "it names no type of sample, so its values have no unit.")
        for number, place in enumerate(self._parts[SAMPLE]):
            sample = self._sample(*place)
            if len(sample.values) != len(types):
                raise refuse(self.path, NAME, f"sample {number} has {len(sample.values)} values, but there are {len(types)} types.")
            stack, owner = self._stack(number, sample), _owner(sample.labels)
            for tree, (_, scale), value in zip(trees, units, sample.values, strict=True):
                if value < 0:
                    reason = f"sample {number} is negative: it is the difference of two profiles (-diff_base). Give the two profiles themselves."
                    raise refuse(self.path, NAME, reason)
                if value:
                    tree.weigh(tree.path(stack, owner), value * scale, value if tree.unit in COUNTS.values() else 1)
        return trees

    def manifest(self) -> Manifest:
        """When the profile began."""
        moment = self.plain.get(TIME_NANOS, 0)
        started = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment // 1000) if 0 < moment < LONGEST_DURATION_NS else None
        return Manifest(started_at=started.replace(tzinfo=None) if started else None)

    def facts(self) -> Columns:
        """How long it was recorded, and how often a sample was taken where the file says it in time."""
        told = []
        duration, period = self.plain.get(DURATION_NANOS, 0), self.plain.get(PERIOD, 0)
        if 0 < duration < LONGEST_DURATION_NS:
            told.append(("wall", duration / 1e9, "wall_s"))
        for place in self._parts[PERIOD_TYPE][:1]:
            kind, unit = self._type(*place)
            if period > 0 and unit in SECONDS:
                told.append(("period", period * SECONDS[unit], CLOCKS.get(kind.lower(), "cpu_s")))
        stats, values, units = zip(*told, strict=True) if told else ((), (), ())
        return Columns("profile_facts", {"stat": stats, "value": values, "unit": units})

    def _type(self, start: int, end: int) -> tuple[str, str]:
        item = self._numbers_of((start, end))
        return self._text(item.get(1, 0)), self._text(item.get(2, 0))

    def _numbers_of(self, place: tuple[int, int]) -> dict[int, int]:
        return {number: value for number, kind, value, _ in fields(self.content, *place) if kind == VARINT}

    def _text(self, index: int) -> str:
        known = self._texts.get(index)
        if known is None:
            if index >= len(self._parts[STRING]):
                raise refuse(self.path, NAME, f"text {index} is missing; there are {len(self._parts[STRING])}. The file was cut off or damaged.")
            start, end = self._parts[STRING][index]
            known = self._texts[index] = bytes(self.content[start:end]).decode("utf-8", "replace")
        return known

    def _location(self, place: tuple[int, int]) -> tuple[int, list[Step]]:
        """The steps of one location, outermost first."""
        plain: dict[int, int] = {}
        lines: list[Line] = []
        for number, kind, start, end in fields(self.content, *place):
            if kind == VARINT:
                plain[number] = start
            elif kind == BYTES and number == 4:
                item = self._numbers_of((start, end))
                lines.append(Line(item.get(1, 0), signed(item.get(2, 0))))
        steps = [self._step(line) for line in reversed(lines)] or [self._unnamed(plain)]
        return plain.get(1, 0), steps

    def _step(self, line: Line) -> Step:
        function = self._functions.get(line.function)
        if function is None:
            raise refuse(self.path, NAME, f"function {line.function} is missing. The file was cut off or damaged.")
        name, file, start = (
            self._text(function.get(2, 0)) or self._text(function.get(3, 0)),
            self._text(function.get(4, 0)),
            signed(function.get(5, 0)),
        )
        first = start if 0 < start <= LARGEST_LINE else 0
        return Step(self.frames.id_of(name or "(unknown)", file, first), line.number if 0 < line.number <= LARGEST_LINE else None)

    def _unnamed(self, location: dict[int, int]) -> Step:
        """An address without a symbol: its mapping's file is all that is known of it."""
        mapping = self._mappings.get(location.get(2, 0), {})
        return Step(self.frames.id_of("[unknown]", self._text(mapping.get(5, 0))))

    def _sample(self, start: int, end: int) -> Sample:
        sample = Sample()
        for number, kind, first, last in fields(self.content, start, end):
            if number == 1:
                sample.locations += numbers(self.content, kind, first, last)
            elif number == 2:
                sample.values += map(signed, numbers(self.content, kind, first, last))
            elif number == 3 and kind == BYTES:
                label = self._numbers_of((first, last))
                text = self._text(label[2]) if label.get(2) else str(signed(label.get(3, 0)))
                sample.labels[self._text(label.get(1, 0)).lower()] = text
        return sample

    def _stack(self, number: int, sample: Sample) -> list[Step]:
        if len(sample.locations) > MOST_FRAMES:
            raise refuse(self.path, NAME, f"sample {number} has more than {MOST_FRAMES} frames.")
        try:
            stack = [step for location in reversed(sample.locations) for step in self._steps[location]]
        except KeyError as error:
            raise refuse(self.path, NAME, f"location {error} of sample {number} is missing. The file was cut off or damaged.") from error
        return stack or [Step(self.frames.id_of(NO_STACK))]


def _units(types: list[tuple[str, str]]) -> list[tuple[str, float]]:
    """The store's unit of every type and what one of it is worth; a unit that is taken keeps the type's name beside it."""
    found: list[tuple[str, float]] = []
    alive = {} if any(kind.lower() in ALLOCATED or COUNTS.get(kind) == "allocations" for kind, _ in types) else ALIVE
    for kind, unit in types:
        if unit in SECONDS:
            wanted, scale = CLOCKS.get(kind.lower(), f"{kind}_s"), SECONDS[unit]
        elif unit in SIZES:
            wanted, scale = "bytes" if kind.lower() in ALLOCATED else alive.get(kind, f"{kind}_bytes"), SIZES[unit]
        else:
            wanted, scale = COUNTS.get(kind, alive.get(kind, kind or "samples")), 1.0
        taken = {name for name, _ in found}
        name = next(name for name in (wanted, f"{kind}_{unit}", *(f"{wanted}_{number}" for number in range(2, len(types) + 3))) if name not in taken)
        found.append((name, scale))
    return found


def _owner(labels: dict[str, str]) -> Owner:
    """Two threads of one name stay two where they have numbers."""

    def first(keys: tuple[str, ...]) -> str | None:
        return next((labels[key] for key in keys if key in labels), None)

    process, thread, task = (called(first(names), first(numbers)) for names, numbers in (PROCESS_LABELS, THREAD_LABELS, TASK_LABELS))
    return Owner(process, thread, task)
