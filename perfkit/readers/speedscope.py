"""speedscope's JSON, which many profilers write: one list of frames, and profiles of samples or of calls that open and close."""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.model.run import Manifest
from perfkit.readers.parts.arrow_arrays import are, to_numpy
from perfkit.readers.parts.arrow_rows import are_many, rows_in
from perfkit.readers.parts.call_tree import NO_STACK, NOBODY, Owner, Step
from perfkit.readers.parts.facts import fact_rows
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.json_stream import Cursor, opened_json
from perfkit.readers.parts.many_stacks import ManyStacks
from perfkit.readers.parts.number_lists import DistinctLists, NumberLists
from perfkit.readers.parts.opening import Marks, first_unfit, opened
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.resting import collector_resting
from perfkit.readers.parts.threads import called
from perfkit.readers.parts.timeline import Timeline

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

NAME = "speedscope"
KIND = "profile"
TOOL = "speedscope"
ABOUT = "speedscope's JSON of py-spy, pyinstrument, rbspy, memray and others, sampled or evented, also gzip"
BY_LINE = False

QUOTED = re.compile(r"-?[0-9]+([.][0-9]+)?(E[+-]?[0-9]{1,3})?")
UNITS = {
    "none": ("samples", 1.0), "nanoseconds": ("wall_s", 1e-9), "microseconds": ("wall_s", 1e-6), "milliseconds": ("wall_s", 1e-3),
    "seconds": ("wall_s", 1.0), "bytes": ("bytes", 1.0),
}  # fmt: skip
EXECUTING = ("py-spy", "rbspy", "austin", "phpspy")
"""Profilers whose frames tell the line that was being executed; those of others tell where the function begins."""
THREAD = re.compile(r'(?:Process (?P<process>\S+) )?Thread (?P<number>\S+)(?: "(?P<name>.*)")?$')
OWNER_FRAME = re.compile(r'process \d+:".*"$|thread \([^)]*\)(: .*)?$', re.DOTALL)
"""py-spy puts process and thread below every stack; the profile's name says the same."""
NO_STEP = -1
FEW_STEPS = 2**15 - 1
"""So many, and one for stacks without any, are numbered with two bytes."""
SMALL = {"type": "kind", "name": "name", "unit": "unit", "startValue": "first", "endValue": "last"}
LARGE = ("samples", "weights", "events")
LAST_LINE = 2**31 - 1
SCHEMA = re.compile(rb'"\$schema"\s*:\s*"https?://www\.speedscope\.app/file-format-schema\.json"')
SHARED = re.compile(rb'"shared"\s*:\s*\{\s*"frames"\s*:')
SPANS = re.compile(rb'"(?:startValue|endValue)"\s*:')


@dataclass
class Reading:
    """What is known while the file is read."""

    path: Path
    frames: Frames
    shared: list[Any] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    owners: set[int] = field(default_factory=set)
    """Frames that are no calls but name the process or the thread."""
    own: set[int] = field(default_factory=set)
    """Frames that are no calls either: pyinstrument's [self] is the own time of its caller."""
    timelines: dict[str, Timeline] = field(default_factory=dict)
    asserted: dict[str, float] = field(default_factory=dict)
    """By unit, what the profiles say that they span."""

    def timeline(self, unit: str) -> Timeline:
        return self.timelines.setdefault(unit, Timeline(unit))

    def bad(self, reason: str) -> ArtefactError:
        return refuse(self.path, NAME, reason)


@dataclass
class Told:
    """What a profile says of itself."""

    kind: Any = None
    name: Any = None
    unit: Any = "none"
    first: Any = 0
    last: Any = 0
    places: dict[str, int] = field(default_factory=dict)
    """Where its samples, weights or events begin."""


@dataclass
class Place:
    """One profile while its samples or events are read."""

    reading: Reading
    what: str
    timeline: Timeline
    scale: float
    owner: Owner
    first: float
    last: float

    def gather(self, stacks: NumberLists, numbers: NDArray[Any], into: ManyStacks) -> None:
        """Lists of frames, as numbered steps; a sample without any keeps its weight."""
        import numpy as np

        if stacks.numbers.size and not 0 <= stacks.numbers.min() <= stacks.numbers.max() < len(numbers):
            raise self._strange(np.split(stacks.numbers, np.cumsum(stacks.lengths)[:-1]))
        lengths, steps = stacks.lengths, numbers[stacks.numbers]
        if self.reading.owners and (steps == NO_STEP).any():
            sample = np.repeat(np.arange(len(lengths)), lengths)[steps != NO_STEP]
            lengths, steps = np.bincount(sample, minlength=len(lengths)), steps[steps != NO_STEP]
        if not lengths.all():
            none = self.timeline.tree.step_number(Step(self.reading.frames.id_of(NO_STACK)))
            steps = np.insert(steps, (np.cumsum(lengths) - lengths)[lengths == 0], none)
        into.add(steps, np.maximum(lengths, 1))

    def listed(self, stacks: list[Any]) -> NumberLists:
        """Stacks that JSON's parser read."""
        import numpy as np

        try:
            lengths = np.fromiter(map(len, stacks), np.int64, len(stacks))
            frames = np.array(list(chain.from_iterable(stacks)), None if lengths.any() else np.int64)
        except (TypeError, ValueError, OverflowError):
            raise self._strange(stacks) from None
        if frames.dtype.kind != "i" or frames.ndim != 1:
            raise self._strange(stacks)
        return NumberLists(frames, lengths)

    def _strange(self, stacks: Iterable[Any]) -> ArtefactError:
        known = range(len(self.reading.steps))
        lists = (stack.tolist() if hasattr(stack, "tolist") else stack for stack in stacks)
        stack = next(stack for stack in lists if not isinstance(stack, list) or not all(type(frame) is int and frame in known for frame in stack))
        return self.bad(f"has the stack {str(stack)[:60]!r}; there are {len(known)} frames")

    def marks(self, text: bytes) -> Marks | None:
        """Events as columns, where all are as they should be."""
        if not are_many(text):
            return None
        import numpy as np
        import pyarrow

        fields = {"type": pyarrow.string(), "at": pyarrow.float64(), "frame": pyarrow.int64()}
        events = rows_in(text, fields, "type")
        if (
            events is None
            or any(events.field(name).null_count for name in fields)
            or not {"O", "C"}.issuperset(events.field("type").unique().to_pylist())
        ):
            return None
        times, frames = to_numpy(events.field("at")), to_numpy(events.field("frame"))
        if not np.isfinite(times).all() or frames.min(initial=0) < 0 or frames.max(initial=-1) >= len(self.reading.steps):
            return None
        return Marks(are(events.field("type"), "O"), times, frames)

    def number(self, value: Any) -> float:
        if type(value) is float and isfinite(value):
            return value
        return _number(self.reading, value, f"a weight or time of {self.what}")

    def numbers(self, values: list[Any]) -> NDArray[float64]:
        import numpy as np

        if set(map(type, values)) <= {int, float}:
            found = np.array(values, np.float64)
            if np.isfinite(found).all():
                return found
        return np.array([self.number(value) for value in values])

    def bad(self, reason: str) -> ArtefactError:
        return self.reading.bad(f"{self.what} {reason}.")


def sniff(head: Head) -> bool:
    """The schema's address; or, where a writer left it out, the shared frames beside profiles that span something."""
    start = head.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return start == b"{" and bool(SCHEMA.search(head.data) or (SHARED.search(head.data) and (SPANS.search(head.data) or not head.complete)))


def read(path: Path) -> Iterator[Batch]:
    """A tree for each unit, the samples of those whose weight is time, and the profiler's own totals."""
    with collector_resting(), opened_json(path, NAME) as cursor:
        reading = Reading(path, Frames())
        told = _told(cursor, reading)
        cursor.finish()
        if not told.get("profiles") or "shared" not in told:
            raise reading.bad("it has no profiles or no shared frames.")
        for number, profile in enumerate(told["profiles"]):
            _profile(cursor, reading, number, profile, several=len(told["profiles"]) > 1)
    if not any(len(timeline.tree) for timeline in reading.timelines.values()):
        raise reading.bad("its profiles hold no sample and no call. Was the program stopped before the first sample? Record for longer.")
    yield Manifest(tool=told.get("tool"), tool_version=told.get("version"))
    yield reading.frames.columns()
    for timeline in reading.timelines.values():
        yield from timeline.batches()
    facts = [("total", total, unit) for unit, total in reading.asserted.items()]
    yield fact_rows(facts)


def _told(cursor: Cursor, reading: Reading) -> dict[str, Any]:
    """The frames and what else stands beside the profiles; the profiles may come before what they refer to."""
    told: dict[str, Any] = {}
    for key in cursor.members():
        if key == "profiles":
            told["profiles"] = [_told_of(cursor) for _ in cursor.items()]
        elif key == "shared":
            told["shared"] = [_shared(cursor, reading, part) for part in cursor.members()]
        elif key == "exporter":
            told["tool"], _, told["version"] = str(cursor.value() or "").partition("@")
    executing = str(told.get("tool", "")).startswith(EXECUTING)
    reading.steps = [_step(reading, frame, executing=executing) for frame in reading.shared]
    if executing:
        reading.owners = {number for number, frame in enumerate(reading.shared) if not frame.get("file") and OWNER_FRAME.match(frame["name"])}
    if told.get("tool") == "pyinstrument":
        reading.own = {number for number, frame in enumerate(reading.shared) if frame["name"] == "[self]" and not frame.get("file")}
    reading.shared.clear()
    return {name: value or None for name, value in told.items()}


def _shared(cursor: Cursor, reading: Reading, part: str) -> str:
    if part == "frames":
        for batch in cursor.batches():
            reading.shared += batch
    return part


def _step(reading: Reading, frame: Any, *, executing: bool) -> Step:
    if not isinstance(frame, dict) or not isinstance(frame.get("name"), str):
        raise reading.bad(f"the frame {str(frame)[:60]!r} has no name.")
    line = frame.get("line")
    line = line if isinstance(line, int) and 0 < line <= LAST_LINE else None
    file = frame.get("file")
    frame_id = reading.frames.id_of(frame["name"], file if isinstance(file, str) else "", 0 if executing else line or 0)
    return Step(frame_id, line if executing else None)


def _told_of(cursor: Cursor) -> Told:
    """What is small in a profile, and where the rest begins."""
    told = Told()
    for key in cursor.members():
        if key in SMALL:
            setattr(told, SMALL[key], cursor.value())
        elif key in LARGE:
            told.places[key] = cursor.at
    return told


def _profile(cursor: Cursor, reading: Reading, number: int, told: Told, *, several: bool) -> None:
    if not isinstance(told.unit, str) or told.unit not in UNITS:
        raise reading.bad(f"profile {number} is measured in {str(told.unit)[:40]!r}. Known: {', '.join(UNITS)}.")
    if not isinstance(told.kind, str) or told.kind not in KINDS:
        raise reading.bad(f"profile {number} is of the type {str(told.kind)[:40]!r}. Known: {', '.join(KINDS)}.")
    unit, scale = UNITS[told.unit]
    first, last = (_number(reading, _unquoted(value or 0), f"a limit of profile {number}") for value in (told.first, told.last))
    reading.asserted[unit] = reading.asserted.get(unit, 0.0) + max(last - first, 0.0) * scale
    place = Place(reading, f"profile {number}", reading.timeline(unit), scale, _owner(told.name, several=several), first, last)
    KINDS[told.kind](cursor, place, told.places)


def _found(cursor: Cursor, places: dict[str, int], key: str) -> bool:
    """Goes to an array of the profile, if it has that one."""
    cursor.at = places.get(key, cursor.at)
    return key in places and cursor.peek() == "["


def _sampled(cursor: Cursor, place: Place, places: dict[str, int]) -> None:
    """Stacks with the outermost frame first, and a weight for each."""
    import numpy as np

    tree, weights = place.timeline.tree, array("d")
    nodes = _nodes(cursor, place, places)
    for batch in cursor.batches() if _found(cursor, places, "weights") else ():
        weights.frombytes(place.numbers(batch).tobytes())
    if weights and len(weights) != len(nodes):
        raise place.bad(f"has {len(nodes)} samples and {len(weights)} weights")
    if len(nodes) and not weights and tree.unit != "samples":
        raise place.bad("has samples without weights")
    own = np.frombuffer(weights) * place.scale if weights else np.ones(len(nodes))
    if own.min(initial=0) < 0:
        raise place.bad(f"has a sample of the weight {min(weights):g}")
    place.timeline.add_all(nodes, own, timed=tree.unit == "wall_s")


def _nodes(cursor: Cursor, place: Place, places: dict[str, int]) -> NDArray[int64]:
    """Where the samples ended; a stack that comes again is looked at once."""
    import numpy as np

    tree, owners = place.timeline.tree, place.reading.owners
    small = np.int16 if len(place.reading.steps) < FEW_STEPS else np.int32
    numbers = np.array([NO_STEP if number in owners else tree.step_number(step) for number, step in enumerate(place.reading.steps)], small)
    stacks, gathered = DistinctLists(), ManyStacks(tree, place.owner)
    which: list[NDArray[int64]] = [np.empty(0, np.int64)]
    for piece in cursor.pieces(stacks.read) if _found(cursor, places, "samples") else ():
        fresh, ended = (place.listed(piece), None) if isinstance(piece, list) else piece
        place.gather(fresh, numbers, gathered)
        which.append(stacks.add(len(fresh.lengths)) if ended is None else ended)
    nodes: NDArray[int64] = gathered.nodes()[np.concatenate(which)]
    return nodes


def _evented(cursor: Cursor, place: Place, places: dict[str, int]) -> None:
    """Calls that open and close: between two events the time is the innermost open call's."""
    import numpy as np

    tree, begin = place.timeline.tree, place.first
    marks = _marks(cursor, place, places)
    before = np.concatenate([[begin], marks.times[:-1]]) if len(marks.times) else marks.times
    early = np.flatnonzero(marks.times < before)
    if len(early):
        raise place.bad(f"has an event at {marks.times[early[0]]:g} behind one at {before[early[0]]:g}")
    unfit = first_unfit(marks)
    if unfit is not None:
        raise place.bad(f"closes the frame {marks.frames[unfit]} at {marks.times[unfit]:g}, which is not the innermost open one")
    marks = _without(marks, place.reading.own)
    calls = opened(marks)
    steps = np.array([tree.step_number(step) for step in place.reading.steps], np.int64)
    nodes = tree.calls(calls.callers, steps[calls.frames], calls.levels, place.owner)
    lasted = np.diff(marks.times, append=max(place.last, marks.times.max(initial=begin)))
    told = np.flatnonzero((lasted > 0) & (calls.innermost >= 0))
    where, weights = nodes[calls.innermost[told]], lasted[told] * place.scale
    if tree.unit == "wall_s":
        place.timeline.add_at(where, (marks.times[told] - begin) * place.scale * 1000, weights)
    else:
        tree.weigh_all(where, weights)


def _marks(cursor: Cursor, place: Place, places: dict[str, int]) -> Marks:
    import numpy as np

    pieces = [Marks(np.empty(0, bool), np.empty(0), np.empty(0, np.int64))]
    for piece in cursor.pieces(place.marks) if _found(cursor, places, "events") else ():
        if isinstance(piece, Marks):
            pieces.append(piece)
        else:
            kinds, times, frames = zip(*(_event(place, event) for event in piece), strict=True) if piece else ((), (), ())
            pieces.append(Marks(np.array(kinds) == "O", np.array(times, np.float64), np.array(frames, np.int64)))
    return Marks(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


def _without(marks: Marks, frames: Collection[int]) -> Marks:
    """The time of calls that are left out is their callers'."""
    import numpy as np

    if not frames:
        return marks
    kept = ~np.isin(marks.frames, list(frames))
    return Marks(marks.opens[kept], marks.times[kept], marks.frames[kept])


def _event(place: Place, event: Any) -> tuple[str, float, int]:
    try:
        kind, at, frame = event["type"], event["at"], event["frame"]
    except (KeyError, TypeError) as error:
        raise place.bad(f"has the event {str(event)[:60]!r}") from error
    if kind not in ("O", "C") or type(frame) is not int or not 0 <= frame < len(place.reading.steps):
        raise place.bad(f"has the event {str(event)[:60]!r}")
    return kind, place.number(at), frame


def _unquoted(value: Any) -> Any:
    """dotnet-trace writes the limits of a profile, and nothing else, as text."""
    return float(value) if isinstance(value, str) and QUOTED.fullmatch(value) else value


def _number(reading: Reading, value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise reading.bad(f"{what} is {str(value)[:40]!r}, not a number.")
    return float(value)


def _owner(name: Any, *, several: bool) -> Owner:
    """py-spy and rbspy name a profile after its process and thread; others name it after the run."""
    found = THREAD.match(name) if isinstance(name, str) else None
    if found is None:
        return Owner(thread=called(name)) if several else NOBODY
    return Owner(found["process"], called(found["name"], found["number"]))


KINDS = {"sampled": _sampled, "evented": _evented}
