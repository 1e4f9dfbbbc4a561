"""What is to be profiled, with what and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from perfkit.collectors.base import nobody_hears
from perfkit.model.run import Manifest


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """One profiled program."""

    command: tuple[str, ...]
    """`python` means the interpreter of perfkit; a path to another one is used as it is. Empty with a pid."""
    duration_s: float | None = None
    """For a program that runs until it is stopped: it gets Ctrl-C then, and what it did until then is the profile."""
    timeout_s: float = 3600.0
    """A program that is still running then is killed, and there is no profile."""
    cwd: Path | None = None
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the program's working folder."""
    tool: str = "cprofile"
    pid: int | None = None
    """A process that runs already; it goes on when the profile ends."""
    rate: float | None = None
    """Samples a second; None leaves it to the profiler."""
    native: bool = False
    """Compiled code has frames of its own."""
    threads: bool = False
    """Threads are told apart."""
    asynchronous: bool = False
    """Waiting of coroutines counts where it is awaited."""
    idle: bool = False
    """Threads that wait count, too."""
    gil: bool = False
    """Only threads that hold Python's lock count."""
    memory: bool = False
    """Memory and copies by line, too."""
    gpu: bool = False
    """Time on the graphics processor, too."""
    functions: tuple[str, ...] = ()
    """Those whose lines are timed, as module:name."""
    measure_overhead: bool = False
    """Runs the program once more, without the profiler."""
    stoppable: bool = False
    """Ctrl-C stops the program and keeps what was measured; else it ends the work, as everywhere."""
    input_at: int | None = None
    """The program reads our standard input, a file from this place on. None: it finds its input empty."""
    say: Callable[[str], None] = nobody_hears
    """Called with what the user should know of the run that its numbers do not tell."""
