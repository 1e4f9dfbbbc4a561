"""A child process in a group of its own: watched while it runs, limited in time, and never outlived by what it started."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO

from perfkit.errors import CollectionFailed, MissingTool

TICK_S = 0.25
STANDARD_INPUT = 0
INTERRUPT_GRACE_S = 15.0
KEPT_BYTES = 8 * 1024
SHOWN_LINES = 15
SILENCE = "(it printed nothing)"

Watch = Callable[[int, float], None]
"""Called a few times a second with the child's process id and the seconds since its start."""


@dataclass(frozen=True, slots=True)
class Child:
    """What to run and for how long."""

    command: tuple[str, ...]
    limit_s: float
    """A child that is still there after that is killed, and the work has failed."""
    interrupt_after_s: float | None = None
    """When to ask it to end, as Ctrl-C does. None lets it come to its own end."""
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to ours."""
    shown: tuple[str, ...] = ()
    """What errors call it; empty is the command itself."""
    stoppable: bool = False
    """Ctrl-C here asks it to end, and what it did until then counts; else it ends the work. A second one always does."""
    input_at: int | None = None
    """It reads what this process would, a file from this place on. None: it finds its input empty."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    status: int
    """Negative: the signal that ended it."""
    interrupted: bool
    """True when it was asked to end."""
    last_words: str
    """The end of its stderr, or of its stdout when stderr is empty."""
    stopped_after_s: float | None = None
    """When Ctrl-C asked it to end; None: nobody pressed it."""
    printed: str = ""
    """The end of its stdout."""


def unwatched(process: int, seconds: float) -> None:
    """For a child that nobody looks at."""


def run_child(child: Child, watch: Watch) -> Ended:
    """Runs the child to its end; whatever it started ends with it."""
    process = _start(child)
    listeners = [Listener(stream) for stream in (process.stderr, process.stdout) if stream]
    try:
        asked = _watched(process, child, watch, listeners)
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()
    stopped_after_s = asked.at if asked.by_hand else None
    return Ended(process.returncode, asked.at is not None, last_words(listeners), stopped_after_s, listeners[-1].heard())


@contextmanager
def beside(child: Child, end_s: float) -> Iterator[None]:
    """Runs the child for as long as the context lasts, then asks it to end; after end_s more it is killed."""
    process = _start(child)
    listeners = [Listener(stream) for stream in (process.stderr, process.stdout) if stream]
    try:
        yield
        _signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(end_s)
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()
        last_words(listeners)


class Listener:
    """Reads a stream to its end and keeps the last of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept = b""
        self._thread = Thread(target=self._listen, args=(stream,), daemon=True)
        self._thread.start()

    def _listen(self, stream: IO[bytes]) -> None:
        with stream:
            while piece := os.read(stream.fileno(), 64 * 1024):
                self._kept = (self._kept + piece)[-KEPT_BYTES:]

    def heard(self) -> str:
        """The last lines so far."""
        self._thread.join(timeout=1)
        return "\n".join(self._kept.decode("utf-8", errors="replace").strip().splitlines()[-SHOWN_LINES:])


def ending_of(status: int) -> str:
    """How a process ended, in words."""
    if status >= 0:
        return f"ended with status {status}"
    name = signal.Signals(-status).name if -status in {*signal.Signals} else f"signal {-status}"
    return f"was ended by {name}" + (", as the system does when memory runs out" if name == "SIGKILL" else "")


def last_words(listeners: list[Listener]) -> str:
    """What the first stream that carries anything said last."""
    return next((text for listener in listeners if (text := listener.heard())), SILENCE)


def _start(child: Child) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **child.environment}
    pipe, given = subprocess.PIPE, _input_of(child)
    try:
        return subprocess.Popen(child.command, cwd=child.cwd, env=environment, stdin=given, stdout=pipe, stderr=pipe, start_new_session=True)
    except OSError as error:
        raise MissingTool(f"{child.command[0]} cannot be started: {error.strerror or error}.") from error


def _input_of(child: Child) -> int:
    """Our standard input; a file from its place again, since another child may have read it."""
    if child.input_at is None:
        return subprocess.DEVNULL
    with suppress(OSError):
        os.lseek(STANDARD_INPUT, child.input_at, os.SEEK_SET)
    return STANDARD_INPUT


@dataclass(slots=True)
class _Asked:
    """When and by whom a child was asked to end."""

    at: float | None = None
    by_hand: bool = False


def _watched(process: subprocess.Popen[bytes], child: Child, watch: Watch, listeners: list[Listener]) -> _Asked:
    """Until it has ended; asks it to end when it is time, or when Ctrl-C says so."""
    started, asked = time.monotonic(), _Asked()
    while True:
        pressed = False
        try:
            with suppress(subprocess.TimeoutExpired):
                process.wait(TICK_S)
                return asked
            watch(process.pid, time.monotonic() - started)
        except KeyboardInterrupt:
            if not child.stoppable or asked.at is not None:
                raise
            pressed = True
        seconds = time.monotonic() - started
        if asked.at is None and (pressed or (child.interrupt_after_s is not None and seconds >= child.interrupt_after_s)):
            asked = _Asked(seconds, pressed)
            _signal_group(process, signal.SIGINT)
        grace_over = asked.at is not None and seconds - asked.at > INTERRUPT_GRACE_S
        if seconds > child.limit_s or grace_over:
            _signal_group(process, signal.SIGKILL)
            shown = shlex.join(child.shown or child.command)
            raise CollectionFailed(f"`{shown}` still ran after {seconds:.0f} s and was ended.", quoted=last_words(listeners))


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signals the child and what it started, nothing else: the group's number is the child's."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
