"""One call of a Python function in this process, under cProfile or pyinstrument: what a notebook profiles."""

from __future__ import annotations

import inspect
import marshal
import platform
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, require, utc_now
from perfkit.collectors.profile import cprofile, pyinstrument
from perfkit.errors import UsageError, unknown
from perfkit.model.run import Fact, Manifest


@dataclass(frozen=True, slots=True)
class CallOptions:
    """One call."""

    call: Callable[[], object]
    tool: str = "cprofile"
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""


def collect(options: CallOptions, folder: Path, progress: Progress | None = None) -> Path:  # noqa: ARG001  the call has the thread for itself
    """Makes the call and leaves its profile; what it raises goes on to the caller, and nothing is kept."""
    if options.tool not in WAYS:
        raise unknown("profiler of calls", options.tool, WAYS)
    if inspect.iscoroutinefunction(options.call):
        name = getattr(options.call, "__name__", "this")
        raise UsageError(f"{name} is a coroutine function: calling it runs nothing. Profile a script that runs it with asyncio.run.")
    profiler, way = WAYS[options.tool]
    version, started = require(profiler.PACKAGE) if profiler.PACKAGE else platform.python_version(), utc_now()
    with desk(folder) as place:
        artefact = place / profiler.ARTEFACT
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        write = way(options.call)
        facts = _facts(before, resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began)
        write(artefact)
        name = getattr(options.call, "__qualname__", type(options.call).__name__)
        known = Manifest(tool=profiler.NAME, tool_version=version, started_at=started, parameters={"call": name}, facts=facts)
        return leave(artefact, folder, described(known, options.stated, options.project))


def _cprofile(call: Callable[[], object]) -> Callable[[Path], object]:
    import cProfile

    profile = cProfile.Profile()
    profile.runcall(call)
    profile.create_stats()
    stats: dict[Any, Any] = profile.stats
    return lambda artefact: artefact.write_bytes(marshal.dumps(stats))


def _pyinstrument(call: Callable[[], object]) -> Callable[[Path], object]:
    from pyinstrument import Profiler

    profiler = Profiler(interval=1 / pyinstrument.RATE, async_mode="disabled")
    with profiler:
        call()
    session = profiler.last_session
    return lambda artefact: session.save(str(artefact)) if session else None


WAYS: Mapping[str, tuple[Any, Callable[[Callable[[], object]], Callable[[Path], object]]]] = {
    "cprofile": (cprofile, _cprofile),
    "pyinstrument": (pyinstrument, _pyinstrument),
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
