"""A Python program under memray, mprof or tracemalloc, or with its objects counted → what it took, where, and what it kept."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, require, utc_now
from perfkit.collectors.process import Child, Ended, run_child
from perfkit.collectors.profile import Program, program_of
from perfkit.errors import CollectionFailed, MissingTool, UsageError
from perfkit.model.run import Manifest
from perfkit.units import format_quantity

RUNNER = Path(__file__).with_name("children") / "heap_run.py"
INTERVAL_S = 0.1
"""Between two looks; tracemalloc and objects look less often when a program runs long or has much memory."""
VERSION = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"


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


def collect(options: MemoryOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Runs the program under the tool and leaves what it recorded."""
    if options.tool not in TOOLS:
        raise UsageError(f"There is no tool {options.tool!r} for memory. Available: {', '.join(TOOLS)}.")
    tool, program = TOOLS[options.tool], program_of(options.command, options.cwd or Path.cwd())
    _check(options)
    version, started, tell = _version(tool, program.interpreter), utc_now(), progress or nobody_watches
    limit_s = options.duration_s or options.timeout_s

    def watch(pid: int, seconds: float) -> None:
        tell(f"{seconds:.0f} s · {program.name} · {_size_of(pid)}", min(seconds / limit_s, 1.0))

    with desk(folder) as place:
        record = place / tool.file
        child = Child(tool.command(options, program, record), options.timeout_s, options.duration_s, options.cwd)
        _refuse_failure(run_child(child, watch), record, options.command)
        limit = {} if options.duration_s is None else {"duration_s": options.duration_s}
        parameters = {"command": shlex.join(options.command), **limit, **tool.settings(options)}
        manifest = Manifest(tool=tool.name, tool_version=version, started_at=started, parameters=parameters)
        return leave(record, folder, described(manifest, options.stated, options.project or options.cwd))


def _memray(options: MemoryOptions, program: Program, record: Path) -> tuple[str, ...]:
    wanted = [flag for flag, asked in (("--native", options.native), ("--trace-python-allocators", options.python_allocators)) if asked]
    what = ("-m", program.name) if program.form == "-m" else (program.name,)
    return (program.interpreter, "-m", "memray", "run", "--force", "--quiet", "--output", str(record), *wanted, *what, *program.arguments)


def _mprof(options: MemoryOptions, program: Program, record: Path) -> tuple[str, ...]:
    if program.form == "-m" and program.name.startswith("python"):
        raise UsageError(f"mprof takes the module {program.name} for an interpreter. Name its script instead, or use --with tracemalloc.")
    what = program.name if program.form == "-m" else str(((options.cwd or Path.cwd()) / program.name).resolve())
    wanted = ("--include-children",) if options.children else ()
    every = ("--interval", str(options.interval_s or INTERVAL_S), "--output", str(record))
    return (program.interpreter, "-m", "mprof", "run", "--exit-code", "--python", *every, *wanted, what, *program.arguments)


def _looked_at(options: MemoryOptions, program: Program, record: Path) -> tuple[str, ...]:
    every = str(options.interval_s or INTERVAL_S)
    return (program.interpreter, str(RUNNER), options.tool, str(record), every, str(options.frames), program.form, program.name, *program.arguments)


TOOLS: Mapping[str, Tool] = {
    "memray": Tool(
        *("memray", "memray", "memory.bin", _memray),
        settings=lambda options: {"native": options.native, "python_allocators": options.python_allocators},
        same_version=True,
    ),
    "mprof": Tool("memory_profiler", "memory_profiler", "memory.dat", _mprof, settings=lambda options: {"children": options.children}),
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
    if options.interval_s is not None and not 0.001 <= options.interval_s <= 3600:
        raise UsageError(f"--interval {options.interval_s:g} is not between 0.001 and 3600 seconds.")


def _version(tool: Tool, interpreter: str) -> str:
    """The tool's version where the program runs, which need not be where perfkit is installed."""
    ours = require(tool.package) if tool.package and (interpreter == sys.executable or tool.same_version) else None
    if ours and interpreter == sys.executable:
        return ours
    code, argument = (VERSION, tool.package) if tool.package else ("import platform; print(platform.python_version())", "")
    try:
        asked = subprocess.run([interpreter, "-c", code, argument], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingTool(f"{interpreter} cannot be started: {error}.") from error
    if asked.returncode:
        raise MissingTool(f"{interpreter} has no {tool.package}. Install it with: {interpreter} -m pip install {tool.package}.")
    theirs = asked.stdout.strip()
    if ours and ours != theirs:
        raise MissingTool(
            f"{interpreter} has {tool.name} {theirs}, perfkit has {ours}, and captures can be read only by the version that wrote them. "
            f"Install it with: {interpreter} -m pip install {tool.package}=={ours}."
        )
    return theirs


def _size_of(pid: int) -> str:
    """What the process and all below it hold in memory now."""
    held = 0
    with suppress(psutil.Error):
        first = psutil.Process(pid)
        for process in (first, *first.children(recursive=True)):
            with suppress(psutil.Error):
                held += process.memory_info().rss
    return format_quantity(float(held), "bytes")


def _refuse_failure(ended: Ended, record: Path, command: tuple[str, ...]) -> None:
    asked = shlex.join(command)
    if ended.status and not ended.interrupted:
        raise CollectionFailed(f"`{asked}` ended with status {ended.status}; what was recorded is not kept. Its last lines:\n{ended.last_words}")
    if not record.exists():
        raise CollectionFailed(f"`{asked}` left no record: os._exit, exec or a signal ended it. Its last lines:\n{ended.last_words}")
