"""Firefox' profile, processed or raw, which CPython's sampler and samply write too: threads with tables that refer to one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import Owner
from perfkit.readers.parts.facts import fact_rows
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.gecko_tables import Places, finite
from perfkit.readers.parts.json_stream import opened_json
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.resting import collector_resting
from perfkit.readers.parts.threads import called
from perfkit.readers.parts.timeline import Timeline

NAME = "gecko"
KIND = "profile"
TOOL = "gecko"
ABOUT = "Firefox' profile of Firefox, CPython 3.15's sampler or samply, processed or raw, also gzip"
BY_LINE = False

UNITS = {"samples": ("samples", 1.0), "tracing-ms": ("wall_s", 1e-3), "bytes": ("bytes", 1.0)}
CPU_UNITS = {"ns": 1e-9, "µs": 1e-6, "μs": 1e-6, "us": 1e-6}
META = re.compile(rb'"meta"\s*:\s*\{')
OWN_WORDS = re.compile(
    rb'"(?:preprocessedProfileVersion|markerSchema|stackwalk|gcpoison|stackTable|funcTable|physicalCPUs|sampleUnits|processType)"\s*:'
)


def sniff(head: Head) -> bool:
    """What the profile says of itself, or the tables, behind an opening brace."""
    data = head.data.removeprefix(b"\xef\xbb\xbf").lstrip()
    return data[:1] == b"{" and bool(META.search(data) or b'"threads"' in data[:20]) and len(set(OWN_WORDS.findall(data))) >= 2


def read(path: Path) -> Iterator[Batch]:
    """A tree for each unit and one of CPU time where threads tell it; a sample at its time."""
    frames, timelines = Frames(), dict[str, Timeline]()
    with collector_resting(), opened_json(path, NAME) as cursor:
        document = cursor.value()
        cursor.finish()
        if not isinstance(document, dict):
            raise refuse(path, NAME, "it is no object.")
        try:
            for profile in _processes(document):
                _read_process(profile, frames, timelines)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise refuse(path, NAME, f"its tables do not fit together: {type(error).__name__} {str(error)[:80]}.") from error
        if not any(len(timeline.tree) for timeline in timelines.values()):
            raise _without_samples(path)
    meta = document.get("meta") or {}
    yield Manifest(tool=str(meta.get("importedFrom") or meta.get("product") or TOOL), parameters=_settings(meta))
    yield frames.columns()
    for timeline in timelines.values():
        yield from timeline.batches()
    yield fact_rows([("total", timeline.total, unit) for unit, timeline in timelines.items()])


def _without_samples(path: Path) -> ArtefactError:
    return refuse(path, NAME, "no thread of it has a sample with a stack.")


def _settings(meta: Mapping[str, Any]) -> dict[str, Any]:
    interval = meta.get("interval")
    whole = isinstance(interval, int | float) and float(interval).is_integer() and interval > 0
    return {"interval_ms": interval} if whole else {}


def _processes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A raw profile holds those of other processes."""
    waiting: list[Any] = [document]
    while waiting:
        profile = waiting.pop()
        yield profile
        waiting += profile.get("processes") or []


def _read_process(profile: Mapping[str, Any], frames: Frames, timelines: dict[str, Timeline]) -> None:
    meta, shared = profile.get("meta") or {}, profile.get("shared") or {}
    executing = meta.get("product") == "Python"
    cpu_unit = str((meta.get("sampleUnits") or {}).get("threadCPUDelta"))
    for thread in profile.get("threads") or []:
        places = Places(thread, shared, frames, executing=executing)
        owner = Owner(called(thread.get("processName"), thread.get("pid")), called(thread.get("name"), thread.get("tid")))
        _read_samples(places.rows(thread["samples"]), places, (owner, CPU_UNITS.get(cpu_unit)), timelines)


def _read_samples(samples: Mapping[str, Sequence[Any]], places: Places, of: tuple[Owner, float | None], timelines: dict[str, Timeline]) -> None:
    """A weight where the file has none is one sample; a sample without a stack is of a thread that had not begun or is idle."""
    owner, cpu_scale = of
    stacks = samples.get("stack") or ()
    kind = samples.get("weightType") or "samples"
    if kind not in UNITS:
        raise ValueError(f"weights of the type {kind!r}")
    unit, scale = UNITS[kind]
    weights = samples.get("weight") or [1] * len(stacks)
    times = _times(samples, len(stacks))
    _grow(timelines.setdefault(unit, Timeline(unit)), places, owner, zip(stacks, times, _scaled(weights, scale), strict=True))
    deltas = samples.get("threadCPUDelta")
    if deltas and cpu_scale is not None:
        spent = [0.0 if delta is None else delta for delta in deltas]
        _grow(timelines.setdefault("cpu_s", Timeline("cpu_s")), places, owner, zip(stacks, times, _scaled(spent, cpu_scale), strict=True))


def _grow(timeline: Timeline, places: Places, owner: Owner, samples: Iterator[tuple[Any, float | None, float]]) -> None:
    known: dict[Any, int] = {}
    for stack, at_ms, weight in samples:
        node = known.get(stack)
        if node is None:
            node = known[stack] = places.node_of(timeline.tree, stack, owner, known)
        timeline.add(node, at_ms, weight)


def _scaled(weights: Sequence[Any], scale: float) -> list[float]:
    """A memory profile frees as well: its weights may be negative, and then no share of them means anything."""
    found = [finite(weight) * scale for weight in weights]
    if found and min(found) < 0:
        raise ValueError("negative weights, as of memory that was freed; export what was kept or what was allocated")
    return found


def _times(samples: Mapping[str, Any], count: int) -> Sequence[float | None]:
    if samples.get("timeDeltas"):
        return list(accumulate(finite(delta) for delta in samples["timeDeltas"]))
    if samples.get("time"):
        return [finite(at) for at in samples["time"]]
    return [None] * count
