"""A program under a profiler → its profile and what it cost; the program's exit status decides whether it counts. One module a profiler."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, utc_now
from perfkit.collectors.measuring import Measured, run_measured
from perfkit.collectors.process import Child
from perfkit.collectors.profile import cprofile, line, py_spy, pyinstrument, running, scalene
from perfkit.collectors.profile.cprofile import RUNNER as RUNNER
from perfkit.collectors.profile.form import Profiler
from perfkit.collectors.profile.options import ProfileOptions as ProfileOptions
from perfkit.collectors.profile.program import Program as Program
from perfkit.collectors.profile.program import any_program
from perfkit.collectors.profile.program import program_of as program_of
from perfkit.collectors.versions import tool_version, version_in
from perfkit.errors import CollectionFailed, UsageError, unknown
from perfkit.model.run import Fact

PROFILERS: Mapping[str, Profiler] = {
    "cprofile": cast(Profiler, cprofile),
    "py-spy": cast(Profiler, py_spy),
    "scalene": cast(Profiler, scalene),
    "pyinstrument": cast(Profiler, pyinstrument),
    "line": cast(Profiler, line),
}
MOST_RATE = 10_000


def collect(options: ProfileOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Runs the program under the profiler and leaves what it wrote."""
    if options.tool not in PROFILERS:
        raise unknown("profiler", options.tool, PROFILERS)
    profiler, tell = PROFILERS[options.tool], progress or nobody_watches
    _check(profiler, options)
    if options.pid is not None:
        return running.collect(options, folder, tell)
    program = _program(profiler, options)
    version, started = _version(profiler, program), utc_now()
    with desk(folder) as place:
        artefact = place / profiler.ARTEFACT
        launch = profiler.launch(program, options, artefact)
        measured = _run(launch.command, options, place, tell, launch.observer)
        _refuse_failure(measured, artefact, options, profiler)
        facts = {**measured.facts, **(_overhead(program, options, place, tell, measured) if options.measure_overhead else {})}
        manifest = replace(profiler.told(measured.observer_said), tool=profiler.NAME, tool_version=version, started_at=started)
        known = replace(manifest, parameters=_parameters(profiler, options), facts={**facts, **manifest.facts})
        return leave(artefact, folder, described(known, options.stated, options.project or options.cwd))


def _program(profiler: Profiler, options: ProfileOptions) -> Program:
    """A profiler that looks from outside takes any command."""
    cwd = options.cwd or Path.cwd()
    try:
        return program_of(options.command, cwd)
    except UsageError:
        if profiler.FROM_OUTSIDE and options.command and not options.command[0].startswith("-") and not options.command[0].endswith(".py"):
            return any_program(options.command)
        raise


def _version(profiler: Profiler, program: Program) -> str:
    return tool_version(profiler.NAME) if profiler.FROM_OUTSIDE else version_in(program.interpreter, profiler.PACKAGE)


def _check(profiler: Profiler, options: ProfileOptions) -> None:
    """An option that the profiler does not have is told before the program runs."""
    for name, asked in asked_of(options).items():
        if asked and name not in profiler.TAKES:
            owners = ", ".join(known for known, item in PROFILERS.items() if name in item.TAKES)
            raise UsageError(f"--{name} is an option of {owners}, not of {options.tool}. Leave it out or choose another profiler with --with.")
    if options.rate is not None and not 1 <= options.rate <= MOST_RATE:
        raise UsageError(f"--rate {options.rate:g} is not between 1 and {MOST_RATE} samples a second.")
    if options.measure_overhead and (options.duration_s is not None or options.pid is not None):
        raise UsageError("--measure-overhead compares two whole runs of the program: it goes neither with --duration nor with --pid.")
    if options.pid is not None and options.duration_s is None:
        raise UsageError("--pid looks at a process that need not end: say for how long with --duration.")
    if (options.pid is None) != bool(options.command):
        raise UsageError("Say what to profile: a command after --, or a process with --pid; one of them.")


def asked_of(options: ProfileOptions) -> Mapping[str, bool]:
    """Options that not every profiler has, by their names on the command line."""
    return {
        "pid": options.pid is not None,
        "native": options.native,
        "threads": options.threads,
        "async": options.asynchronous,
        "rate": options.rate is not None,
        "idle": options.idle,
        "gil": options.gil,
        "memory": options.memory,
        "gpu": options.gpu,
        "function": bool(options.functions),
    }


def _run(command: tuple[str, ...], options: ProfileOptions, place: Path, tell: Progress, observer: tuple[str, ...] = ()) -> Measured:
    limit_s, name = options.duration_s or options.timeout_s, options.command[0] if len(options.command) == 1 else shlex.join(options.command)

    def watch(_: int, seconds: float) -> None:
        tell(f"{seconds:.0f} s · {name}", min(seconds / limit_s, 1.0))

    child = Child(command, options.timeout_s, options.duration_s, options.cwd, shown=options.command)
    return run_measured(child, place, watch, observer)


def _overhead(program: Program, options: ProfileOptions, place: Path, tell: Progress, profiled: Measured) -> Mapping[str, Fact]:
    """The same command alone, and how many times as long it took with the profiler."""
    alone = _run(program.plain, options, place, lambda text, done: tell(f"{text}, without the profiler", done))
    if alone.failed:
        asked = shlex.join(options.command)
        raise CollectionFailed(f"`{asked}` ended with status {alone.status} without the profiler. Its last lines:\n{alone.last_words}")
    wall, wall_with, cpu, cpu_with = alone.facts["wall"][0], profiled.facts["wall"][0], alone.cpu_seconds, profiled.cpu_seconds
    facts: dict[str, Fact] = {"wall_without": (wall, "wall_s"), "overhead": (wall_with / wall, "ratio"), "cpu_without": (cpu, "cpu_s")}
    return facts | ({"overhead_cpu": (cpu_with / cpu, "ratio")} if cpu else {})


def _refuse_failure(measured: Measured, artefact: Path, options: ProfileOptions, profiler: Profiler) -> None:
    asked = shlex.join(options.command)
    if measured.failed:
        raise CollectionFailed(f"`{asked}` ended with status {measured.status}; its profile is not kept. Its last lines:\n{measured.last_words}")
    if profiler.FROM_OUTSIDE and not artefact.exists():
        raise py_spy.failure(measured.observer_said, f"`{asked}`")
    if not artefact.exists():
        why = f"{profiler.NAME} left no profile of `{asked}`: os._exit, exec or a signal ended it, or there was nothing to measure."
        raise CollectionFailed(f"{why} Its last lines:\n{measured.last_words}")


def _parameters(profiler: Profiler, options: ProfileOptions) -> dict[str, Any]:
    limit = {} if options.duration_s is None else {"duration_s": options.duration_s}
    return {"command": shlex.join(options.command), **limit, **profiler.settings(options)}
