"""A Python function, a command or a pytest-benchmark suite → its raw rounds, warm-ups marked; what fails leaves nothing."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, require, utc_now
from perfkit.collectors.caller import Caller, Function
from perfkit.collectors.commands import time_command
from perfkit.collectors.process import Child, run_child
from perfkit.collectors.profile.program import interpreted
from perfkit.collectors.rounds import Round, write_rounds
from perfkit.collectors.sizes import first_words
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import Manifest
from perfkit.model.workload import workload_hash

TOOL = "perfkit.bench"
STEP_S = 0.5
"""How long the function may run between two looks at the clock."""
LARGEST_STEP = 10_000

Execute = Callable[[int], tuple[float, ...]]
"""Runs so many rounds and returns the seconds of each."""


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """One benchmark: exactly one of function, command and suite."""

    function: Function | None = None
    command: tuple[str, ...] = ()
    suite: Path | None = None
    """Tests that use the fixture of pytest-benchmark."""
    name: str | None = None
    """What the benchmark is called. None: the function or the command itself."""
    warmup: int = 3
    rounds: int = 30
    loops: int = 1
    """Calls that are timed together; for functions that are faster than the clock is fine."""
    timeout_s: float = 60.0
    """For one round; for the whole of a suite an hour."""
    cwd: Path | None = None
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, system, investigation; the scenario is the benchmark's name unless stated."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the working folder."""

    def __post_init__(self) -> None:
        given = (self.function is not None) + bool(self.command) + (self.suite is not None)
        if given != 1:
            raise UsageError("Name one thing to measure: module:function, -- COMMAND or a suite with --pytest PATH.")
        if self.rounds < 1 or self.warmup < 0 or self.loops < 1:
            raise UsageError("A benchmark needs at least one round and one loop, and no negative warm-up.")
        if self.loops > 1 and self.function is None:
            raise UsageError("Loops are for functions: a command's start is part of its time, so each one is timed by itself.")


def collect(options: BenchOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Measures and leaves the rounds."""
    tell = progress or nobody_watches
    if options.suite is not None:
        return _collect_suite(options, options.suite, folder, tell)
    started = utc_now()
    rounds = _function_rounds(options, options.function, tell) if options.function else _command_rounds(options, tell)
    with desk(folder) as place:
        artefact = write_rounds(place / "bench.json", "bench", name_of(options), rounds, {})
        manifest = Manifest(TOOL, platform.python_version(), scenario=name_of(options), started_at=started, parameters=_parameters(options))
        return leave(artefact, folder, described(manifest, options.stated, options.project or options.cwd))


def name_of(options: BenchOptions) -> str:
    """The benchmark's name in every table."""
    if options.name:
        return options.name
    return options.function.target if options.function else first_words(options.command)


def _function_rounds(options: BenchOptions, function: Function, tell: Progress) -> list[Round]:
    with Caller(function, options.cwd) as caller:

        def execute(rounds: int) -> tuple[float, ...]:
            answer = caller.time(rounds=rounds, loops=options.loops, limit_s=options.timeout_s * rounds)
            if answer.problem:
                raise CollectionFailed(f"{function.target} failed, so nothing is stored: {answer.detail}")
            return answer.seconds

        return _rounds(options, execute, tell)


def _command_rounds(options: BenchOptions, tell: Progress) -> list[Round]:
    asked = shlex.join(options.command)

    def execute(rounds: int) -> tuple[float, ...]:
        seconds = []
        for _ in range(rounds):
            timed = time_command(interpreted(options.command), options.timeout_s, options.cwd)
            if not timed.in_time:
                raise CollectionFailed(f"`{asked}` still ran after {options.timeout_s:g} s, so nothing is stored. Allow more with --timeout.")
            if timed.status:
                raise CollectionFailed(f"`{asked}` ended with status {timed.status}, so nothing is stored. Its last lines:\n{timed.last_words}")
            seconds.append(timed.seconds)
        return tuple(seconds)

    return _rounds(options, execute, tell)


def _rounds(options: BenchOptions, execute: Execute, tell: Progress) -> list[Round]:
    """Warm-ups one by one, then measured rounds in steps that are long enough not to disturb and short enough to tell of."""
    name, total = name_of(options), options.warmup + options.rounds
    warm: list[float] = []
    for number in range(options.warmup):
        warm += execute(1)
        tell(f"{name} · warm-up {number + 1} of {options.warmup}", len(warm) / total)
    steady: list[float] = []
    while len(steady) < options.rounds:
        step = _step((steady or warm)[-1:], options)
        steady += execute(min(step, options.rounds - len(steady)))
        tell(f"{name} · round {len(steady)} of {options.rounds}", (len(warm) + len(steady)) / total)
    return [
        *(Round(number, seconds * 1000, "ms", "warmup") for number, seconds in enumerate(warm)),
        *(Round(number, seconds * 1000, "ms") for number, seconds in enumerate(steady)),
    ]


def _step(last: list[float], options: BenchOptions) -> int:
    if not last:
        return 1
    return min(max(int(STEP_S / max(last[0] * options.loops, 1e-9)), 1), LARGEST_STEP)


def _collect_suite(options: BenchOptions, suite: Path, folder: Path, tell: Progress) -> Path:
    """pytest-benchmark keeps its own rounds; its file is the artefact."""
    version, started = require("pytest_benchmark"), utc_now()
    if not suite.exists():
        raise UsageError(f"{suite}: there is no such suite. Name a file or folder of tests.")
    with desk(folder) as place:
        found = place / "pytest-benchmark.json"
        saving = ("--benchmark-only", f"--benchmark-json={found}", "--benchmark-save-data", "--benchmark-quiet")
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(suite), *saving)
        child = Child(command, 3600.0, cwd=options.cwd)
        ended = run_child(child, lambda _, seconds: tell(f"{seconds:.0f} s · {suite.name}", min(seconds / 3600, 1.0)))
        if ended.status or not found.exists() or not found.stat().st_size:
            raise CollectionFailed(f"pytest ended with status {ended.status} on {suite}, so nothing is stored. Its last lines:\n{ended.last_words}")
        parameters = {"suite": suite.name}
        manifest = Manifest("pytest-benchmark", version, scenario=suite.name, started_at=started, parameters=parameters)
        return leave(found, folder, described(manifest, options.stated, options.project or options.cwd))


def _parameters(options: BenchOptions) -> Mapping[str, Any]:
    """A stated name says what a command does: those of two variants differ."""
    function = options.function
    work = (function.target, function.args, function.kwargs) if function else options.name or options.command
    form = "function" if function else "command"
    return {"form": form, "workload": workload_hash(form, work), "warmup": options.warmup, "rounds": options.rounds, "loops": options.loops}
