"""One call of a Python function in this process, with its time or its memory measured: what a notebook looks at."""

from __future__ import annotations

import inspect
import marshal
import platform
import resource
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, require, utc_now
from perfkit.collectors.children import heap_snapshots
from perfkit.collectors.profile import cprofile, line, pyinstrument
from perfkit.errors import UsageError, unknown
from perfkit.model.run import Fact, Manifest

LOOKS_EVERY_S = 0.05
FRAMES = 10
"""Calls of a stack that tracemalloc keeps."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """One call."""

    call: Callable[[], object]
    tool: str = "cprofile"
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""
    functions: tuple[Callable[..., object], ...] = ()
    """line: whose lines are timed; without any, those of the call itself."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one tool measures a call."""

    name: str
    """As runs have it."""
    package: str | None
    artefact: str
    measure: Callable[[CallOptions, Path], Callable[[], object]]
    """Makes the call; the artefact is there when what it returns was called, which no longer counts."""


def collect(options: CallOptions, folder: Path, progress: Progress | None = None) -> Path:  # noqa: ARG001  the call has the thread for itself
    """Makes the call and leaves what was measured; what it raises goes on to the caller, and nothing is kept."""
    if options.tool not in WAYS:
        raise unknown("way to measure a call", options.tool, WAYS)
    if inspect.iscoroutinefunction(options.call):
        name = getattr(options.call, "__name__", "this")
        raise UsageError(f"{name} is a coroutine function: calling it runs nothing. Profile a script that runs it with asyncio.run.")
    way = WAYS[options.tool]
    version, started = require(way.package) if way.package else platform.python_version(), utc_now()
    with desk(folder) as place:
        artefact = place / way.artefact
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        finish = way.measure(options, artefact)
        facts = _facts(before, resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began)
        finish()
        name = getattr(options.call, "__qualname__", type(options.call).__name__)
        known = Manifest(tool=way.name, tool_version=version, started_at=started, parameters={"call": name}, facts=facts)
        return leave(artefact, folder, described(known, options.stated, options.project))


def _cprofile(options: CallOptions, artefact: Path) -> Callable[[], object]:
    import cProfile

    profile = cProfile.Profile()
    profile.runcall(options.call)
    profile.create_stats()
    stats: dict[Any, Any] = profile.stats
    return lambda: artefact.write_bytes(marshal.dumps(stats))


def _pyinstrument(options: CallOptions, artefact: Path) -> Callable[[], object]:
    from pyinstrument import Profiler

    profiler = Profiler(interval=1 / pyinstrument.RATE, async_mode="disabled")
    with profiler:
        options.call()
    session = profiler.last_session
    return lambda: session.save(str(artefact)) if session else None


def _line(options: CallOptions, artefact: Path) -> Callable[[], object]:
    from line_profiler import LineProfiler

    profiler = LineProfiler(*(options.functions or (options.call,)))
    profiler.runcall(options.call)  # type: ignore[no-untyped-call]
    return lambda: profiler.dump_stats(str(artefact))


def _memray(options: CallOptions, artefact: Path) -> Callable[[], object]:
    import memray

    with memray.Tracker(artefact):
        options.call()
    return lambda: None


def _tracemalloc(options: CallOptions, artefact: Path) -> Callable[[], object]:
    if tracemalloc.is_tracing():
        raise UsageError("tracemalloc is in use in this process already. Call tracemalloc.stop() first, or choose another tool.")
    tracemalloc.start(FRAMES)
    try:
        return _looked_at(options, artefact, heap_snapshots.Allocations(str(artefact.parent)))
    finally:
        tracemalloc.stop()


def _objects(options: CallOptions, artefact: Path) -> Callable[[], object]:
    return _looked_at(options, artefact, heap_snapshots.Objects(str(artefact.parent)))


def _looked_at(options: CallOptions, artefact: Path, seen: heap_snapshots.Allocations | heap_snapshots.Objects) -> Callable[[], object]:
    watch, began = heap_snapshots.Watch(LOOKS_EVERY_S, seen.look, seen.thin_out), heap_snapshots.now()
    watch.start()
    try:
        kept = options.call()
    finally:
        watch.stop()
    watch.take()  # while the result is held
    del kept
    return lambda: heap_snapshots.leave(seen, str(artefact), began)


WAYS: Mapping[str, Way] = {
    "cprofile": Way(cprofile.NAME, cprofile.PACKAGE, cprofile.ARTEFACT, _cprofile),
    "pyinstrument": Way(pyinstrument.NAME, pyinstrument.PACKAGE, pyinstrument.ARTEFACT, _pyinstrument),
    "line": Way(line.NAME, line.PACKAGE, line.ARTEFACT, _line),
    "memray": Way("memray", "memray", "memory.bin", _memray),
    "tracemalloc": Way("tracemalloc", None, "allocations.json", _tracemalloc),
    "objects": Way("objects", None, "objects.json", _objects),
}


def _facts(before: resource.struct_rusage, after: resource.struct_rusage, wall: float) -> Mapping[str, Fact]:
    """Of this process while the call ran; its peak memory is not the call's, and is left out."""
    return {
        "wall": (wall, "wall_s"),
        "cpu_user": (after.ru_utime - before.ru_utime, "cpu_s"),
        "cpu_system": (after.ru_stime - before.ru_stime, "cpu_s"),
        "voluntary_switches": (float(after.ru_nvcsw - before.ru_nvcsw), "count"),
        "involuntary_switches": (float(after.ru_nivcsw - before.ru_nivcsw), "count"),
    }
