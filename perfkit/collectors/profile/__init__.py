"""A program under a profiler → its profile and what it cost; the program's exit status decides whether it counts. One module a profiler."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, utc_now
from perfkit.collectors.measuring import Measured, run_measured
from perfkit.collectors.onlooker import Onlooker, stopped
from perfkit.collectors.overhead import overhead
from perfkit.collectors.process import Child, ending_of
from perfkit.collectors.profile import cprofile, line, py_spy, pyinstrument, running, scalene
from perfkit.collectors.profile.cprofile import RUNNER as RUNNER
from perfkit.collectors.profile.form import Profiler
from perfkit.collectors.profile.options import ProfileOptions as ProfileOptions
from perfkit.collectors.profile.program import Program as Program
from perfkit.collectors.profile.program import any_program, shown
from perfkit.collectors.profile.program import program_of as program_of
from perfkit.collectors.versions import tool_version, version_in
from perfkit.errors import CollectionFailed, Interrupted, UsageError, unknown
from perfkit.model.run import Fact
from perfkit.units import format_quantity

PROFILERS: Mapping[str, Profiler] = {
    "cprofile": cast(Profiler, cprofile),
    "py-spy": cast(Profiler, py_spy),
    "scalene": cast(Profiler, scalene),
    "pyinstrument": cast(Profiler, pyinstrument),
    "line": cast(Profiler, line),
}
MOST_RATE = 10_000
LEAST_BYTES = 8
"""A profile of fewer holds nothing."""


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
        onlooker = Onlooker(tell, shown(options.command), options.duration_s, below=1)
        measured = _run(launch.command, options, place, onlooker, launch.observer)
        _refuse_failure(measured, artefact, options, profiler)
        facts = {**measured.facts, **_of_children(onlooker, profiler, options)}
        if options.measure_overhead:
            without = Onlooker(tell, f"{shown(options.command)}, without the profiler")
            facts |= overhead(measured, lambda: _run(program.plain, options, place, without), options.command, options.say)
        manifest = replace(profiler.told(measured.observer_said), tool=profiler.NAME, tool_version=version, started_at=started)
        parameters = {"command": shlex.join(options.command), **stopped(options, measured.stopped_after_s), **profiler.settings(options)}
        known = replace(manifest, parameters=parameters, facts={**facts, **manifest.facts})
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


def _run(command: tuple[str, ...], options: ProfileOptions, place: Path, onlooker: Onlooker, observer: tuple[str, ...] = ()) -> Measured:
    how = Child(
        command, options.timeout_s, options.duration_s, options.cwd, shown=options.command, stoppable=options.stoppable, input_at=options.input_at
    )
    return run_measured(how, place, onlooker, observer)


def _of_children(onlooker: Onlooker, profiler: Profiler, options: ProfileOptions) -> Mapping[str, Fact]:
    """Processes that the program started and the profiler did not see."""
    number = onlooker.children_at_work
    if profiler.SEES_CHILDREN or not number:
        return {}
    spent = format_quantity(sum(onlooker.worked_s.values()), "cpu_s")
    others = " and ".join(name for name, item in PROFILERS.items() if item.SEES_CHILDREN)
    processes = "1 child process" if number == 1 else f"{number} child processes"
    options.say(f"{processes} of the program used at least {spent} of CPU time, which {options.tool} does not measure; {others} do.")
    return {"child_processes": (float(number), "count")}


def _refuse_failure(measured: Measured, artefact: Path, options: ProfileOptions, profiler: Profiler) -> None:
    asked, said = f"`{shlex.join(options.command)}`", measured.last_words
    if measured.failed:
        raise CollectionFailed(f"{asked} {ending_of(measured.status)}; its profile is not kept.", quoted=said)
    if profiler.FROM_OUTSIDE and (not artefact.exists() or py_spy.took_nothing(measured.observer_said)):
        raise py_spy.failure(measured.observer_said, asked)
    if measured.stopped_after_s is not None and not artefact.exists():
        raise Interrupted(f"interrupted: {asked} was stopped before {profiler.NAME} had anything to keep.")
    if not artefact.exists():
        raise CollectionFailed(f"{profiler.NAME} left no profile of {asked}: os._exit, exec or a signal ended it.", quoted=said)
    if artefact.stat().st_size < LEAST_BYTES:
        raise CollectionFailed(f"{profiler.NAME} found nothing to measure in {asked}; it ended with status {measured.status}.", quoted=said)
