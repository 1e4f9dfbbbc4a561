"""A Python program under memray, mprof or tracemalloc, or with its objects counted → what it took, where, and what it kept."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_hears, nobody_watches, require, utc_now
from perfkit.collectors.measuring import Measured, run_measured
from perfkit.collectors.onlooker import Onlooker, stopped
from perfkit.collectors.overhead import overhead
from perfkit.collectors.process import Child, ending_of
from perfkit.collectors.profile import Program, program_of
from perfkit.collectors.profile.program import shown
from perfkit.collectors.versions import version_in
from perfkit.errors import CollectionFailed, Interrupted, MissingTool, UsageError
from perfkit.model.run import Fact, Manifest
from perfkit.units import format_quantity

CHILDREN = Path(__file__).with_name("children")
RUNNER = CHILDREN / "heap_run.py"
STARTER = CHILDREN / "started.py"
NOTEWORTHY_BYTES = 10e6
"""Child processes that hold less than that are not mentioned."""
INTERVAL_S = 0.1
"""Between two looks; tracemalloc and objects look less often when a program runs long or has much memory."""


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    """One program whose memory is measured."""

    command: tuple[str, ...]
    """`python` means the interpreter of perfkit; a path to another one is used as it is."""
    tool: str = "tracemalloc"
    interval_s: float | None = None
    """None leaves it to the tool. memray does not take one: it sees every allocation."""
    duration_s: float | None = None
    """For a program that runs until it is stopped: it gets Ctrl-C then."""
    timeout_s: float = 3600.0
    """A program that is still running then is killed, and there is no run."""
    native: bool = False
    """memray: stacks of compiled code as well."""
    python_allocators: bool = False
    """memray: every small object of Python, not only what Python asks the system for."""
    children: bool = False
    """mprof: the memory of child processes is added."""
    frames: int = 10
    """tracemalloc: so many calls of each stack."""
    cwd: Path | None = None
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the program's working folder."""
    measure_overhead: bool = False
    """Runs the program once more, without the tool."""
    stoppable: bool = False
    """Ctrl-C stops the program and keeps what was measured; else it ends the work, as everywhere."""
    input_at: int | None = None
    """The program reads our standard input, a file from this place on. None: it finds its input empty."""
    say: Callable[[str], None] = nobody_hears
    """Called with what the user should know of the run that its numbers do not tell."""


@dataclass(frozen=True, slots=True)
class Tool:
    """How one tool is run."""

    name: str
    """As runs have it."""
    package: str | None
    """None: a part of Python."""
    file: str
    command: Callable[[MemoryOptions, Program, Path], tuple[str, ...]]
    settings: Callable[[MemoryOptions], Mapping[str, Any]]
    """What must be equal for two runs to be compared."""
    same_version: bool = False
    """Whether only the version that recorded can read."""
    below: int = 1
    """How many processes stand between the one that is started and the program."""


def collect(options: MemoryOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Runs the program under the tool and leaves what it recorded."""
    if options.tool not in TOOLS:
        raise UsageError(f"There is no tool {options.tool!r} for memory. Available: {', '.join(TOOLS)}.")
    tool, program = TOOLS[options.tool], program_of(options.command, options.cwd or Path.cwd())
    _check(options)
    version, started, tell = _version(tool, program.interpreter), utc_now(), progress or nobody_watches
    onlooker = Onlooker(tell, shown(options.command), options.duration_s, tool.below, says_memory=True)
    with desk(folder) as place:
        record = place / tool.file
        measured = _run(tool.command(options, program, record), options, place, onlooker)
        _refuse_failure(measured, record, options.command)
        _mention_children(onlooker, options)
        facts: dict[str, Fact] = {}
        if options.measure_overhead:
            without = Onlooker(tell, f"{shown(options.command)}, without {tool.name}", says_memory=True)
            facts = overhead(measured, lambda: _run(program.plain, options, place, without), options.command, options.say)
        parameters = {"command": shlex.join(options.command), **stopped(options, measured.stopped_after_s), **tool.settings(options)}
        manifest = Manifest(tool=tool.name, tool_version=version, started_at=started, parameters=parameters, facts=facts)
        return leave(record, folder, described(manifest, options.stated, options.project or options.cwd))


def _run(command: tuple[str, ...], options: MemoryOptions, place: Path, onlooker: Onlooker) -> Measured:
    how = Child(
        command, options.timeout_s, options.duration_s, options.cwd, shown=options.command, stoppable=options.stoppable, input_at=options.input_at
    )
    return run_measured(how, place, onlooker)


def _mention_children(onlooker: Onlooker, options: MemoryOptions) -> None:
    """Memory that the tool did not see."""
    held = onlooker.held_by_children
    if held >= NOTEWORTHY_BYTES and not options.children:
        told = format_quantity(held, "bytes")
        options.say(f"Child processes of the program held up to {told}, which {options.tool} does not measure here; --with mprof --children does.")


def _memray(options: MemoryOptions, program: Program, record: Path) -> tuple[str, ...]:
    wanted = [flag for flag, asked in (("--native", options.native), ("--trace-python-allocators", options.python_allocators)) if asked]
    what = ("-m", program.name) if program.form == "-m" else (program.name,)
    return (program.interpreter, "-m", "memray", "run", "--force", "--quiet", "--output", str(record), *wanted, *what, *program.arguments)


def _mprof(options: MemoryOptions, program: Program, record: Path) -> tuple[str, ...]:
    """Through a starter of ours: mprof itself knows neither installed commands nor programs that start processes of their own kind."""
    wanted = ("--include-children",) if options.children else ()
    every = ("--interval", str(options.interval_s or INTERVAL_S), "--output", str(record))
    how = (program.interpreter, "-m", "mprof", "run", "--exit-code", "--python", *every, *wanted)
    return (*how, str(STARTER), program.form, program.name, *program.arguments)


def _looked_at(options: MemoryOptions, program: Program, record: Path) -> tuple[str, ...]:
    every = str(options.interval_s or INTERVAL_S)
    return (program.interpreter, str(RUNNER), options.tool, str(record), every, str(options.frames), program.form, program.name, *program.arguments)


TOOLS: Mapping[str, Tool] = {
    "memray": Tool(
        *("memray", "memray", "memory.bin", _memray),
        settings=lambda options: {"native": options.native, "python_allocators": options.python_allocators},
        same_version=True,
    ),
    "mprof": Tool("memory_profiler", "memory_profiler", "memory.dat", _mprof, settings=lambda options: {"children": options.children}, below=2),
    "tracemalloc": Tool("tracemalloc", None, "allocations.json", _looked_at, settings=lambda options: {"frames": options.frames}),
    "objects": Tool("objects", None, "objects.json", _looked_at, settings=lambda _: {}),
}


def _check(options: MemoryOptions) -> None:
    """An option that the tool does not have is told before the program runs."""
    owners = {
        "--native": (options.native, ("memray",)),
        "--python-allocators": (options.python_allocators, ("memray",)),
        "--children": (options.children, ("mprof",)),
        "--interval": (options.interval_s is not None, ("mprof", "tracemalloc", "objects")),
    }
    for name, (asked, tools) in owners.items():
        if asked and options.tool not in tools:
            raise UsageError(f"{name} is an option of {', '.join(tools)}, not of {options.tool}. Leave it out or choose another tool with --with.")
    if options.measure_overhead and options.duration_s is not None:
        raise UsageError("--measure-overhead compares two whole runs of the program: it does not go with --duration.")
    if options.interval_s is not None and not 0.001 <= options.interval_s <= 3600:
        raise UsageError(f"--interval {options.interval_s:g} is not between 0.001 and 3600 seconds.")


def _version(tool: Tool, interpreter: str) -> str:
    """The tool's version where the program runs, which need not be where perfkit is installed."""
    if not (tool.package and tool.same_version):
        return version_in(interpreter, tool.package)
    ours, theirs = require(tool.package), version_in(interpreter, tool.package)
    if ours != theirs:
        raise MissingTool(
            f"{interpreter} has {tool.name} {theirs}, perfkit has {ours}, and captures can be read only by the version that wrote them. "
            f"Install it with: {interpreter} -m pip install {tool.package}=={ours}."
        )
    return theirs


def _refuse_failure(measured: Measured, record: Path, command: tuple[str, ...]) -> None:
    asked = f"`{shlex.join(command)}`"
    if measured.failed:
        raise CollectionFailed(f"{asked} {ending_of(measured.status)}; what was recorded is not kept.", quoted=measured.last_words)
    if measured.stopped_after_s is not None and not record.exists():
        raise Interrupted(f"interrupted: {asked} was stopped before anything was recorded.")
    if not record.exists():
        raise CollectionFailed(f"{asked} left no record: os._exit, exec or a signal ended it.", quoted=measured.last_words)
