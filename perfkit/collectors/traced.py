"""A Python program under perfkit.trace → the spans of its requests and timed functions, and what blocked its event loops."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from perfkit import __version__
from perfkit.collectors.base import Progress, described, desk, leave, nobody_hears, nobody_watches, utc_now
from perfkit.collectors.onlooker import Onlooker, stopped
from perfkit.collectors.process import Child, ending_of, run_child
from perfkit.collectors.profile import program_of
from perfkit.collectors.profile.program import shown
from perfkit.collectors.trace import TOOL
from perfkit.errors import CollectionFailed
from perfkit.model.run import Manifest

RUNNER = Path(__file__).with_name("children") / "traced.py"
UNSEEN = ".unseen"
"""Beside the trace: libraries whose event loops could not be watched."""
EMPTY_LINES = 2
"""Header and closing line."""


@dataclass(frozen=True, slots=True)
class TracedOptions:
    """One program that is recorded while it runs."""

    command: tuple[str, ...]
    """`python` means the interpreter of perfkit; a path to another one must have perfkit, too."""
    hooks: tuple[str, ...] = ()
    """Libraries whose calls are recorded: modules of perfkit.trace."""
    limit_ms: float = 50.0
    """Callbacks of an event loop that are longer are recorded."""
    duration_s: float | None = None
    """For a server: it gets Ctrl-C then."""
    timeout_s: float = 3600.0
    cwd: Path | None = None
    stated: Manifest = field(default_factory=Manifest)
    project: Path | None = None
    """The code under investigation, for its commit. None means the program's working folder."""
    stoppable: bool = False
    """Ctrl-C stops the program and keeps what was measured; else it ends the work, as everywhere."""
    input_at: int | None = None
    """The program reads our standard input, a file from this place on. None: it finds its input empty."""
    say: Callable[[str], None] = nobody_hears
    """Called with what the user should know of the run that its numbers do not tell."""


def collect(options: TracedOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Runs the program and leaves its trace."""
    program = program_of(options.command, options.cwd or Path.cwd())
    tell, started, asked = progress or nobody_watches, utc_now(), shlex.join(options.command)
    with desk(folder) as place:
        trace = place / "trace.ndjson"
        settings = (str(trace), str(options.limit_ms), ",".join(options.hooks))
        command = (program.interpreter, str(RUNNER), *settings, program.form, program.name, *program.arguments)
        child = Child(command, options.timeout_s, options.duration_s, options.cwd, stoppable=options.stoppable, input_at=options.input_at)
        ended = run_child(child, Onlooker(tell, shown(options.command), options.duration_s))
        if ended.status and not ended.interrupted:
            raise CollectionFailed(f"`{asked}` {ending_of(ended.status)}; its trace is not kept.", quoted=ended.last_words)
        if not trace.exists() or len(trace.read_bytes().splitlines()[: EMPTY_LINES + 1]) <= EMPTY_LINES:
            raise CollectionFailed(
                f"`{asked}` recorded no span. Put perfkit.trace.timed on its functions, send requests to its server while it runs, "
                f"or name the libraries that it calls with --hook."
            )
        loops = _loops_unseen(trace, options)
        limit = stopped(options, ended.stopped_after_s)
        parameters = {"command": asked, "hooks": sorted(options.hooks), "limit_ms": options.limit_ms, **limit, **loops}
        manifest = Manifest(tool=TOOL, tool_version=__version__, started_at=started, parameters=parameters)
        return leave(trace, folder, described(manifest, options.stated, options.project or options.cwd))


def _loops_unseen(trace: Path, options: TracedOptions) -> dict[str, str]:
    """Event loops that ran and could not be watched: a run without findings about them is not one without blocks."""
    told = trace.with_name(trace.name + UNSEEN)
    names = told.read_text(encoding="utf-8") if told.exists() else ""
    if not names:
        return {}
    options.say(f"What blocks the event loop was not seen: {names} runs callbacks outside of Python. uvicorn takes --loop asyncio.")
    return {"loops_unseen": names}
