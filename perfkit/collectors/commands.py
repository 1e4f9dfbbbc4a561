"""A command, timed from its start to its end; a clock that polls would add its own pauses."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from perfkit.errors import MissingTool

KEPT_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Timed:
    """One execution."""

    seconds: float
    from_us: int
    to_us: int
    status: int
    """Negative: the signal that ended it."""
    in_time: bool
    last_words: str


def time_command(command: tuple[str, ...], limit_s: float, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> Timed:
    """Runs the command once; what it prints goes to a file that nobody has to read in time."""
    with TemporaryFile() as said:
        from_us, began = time.time_ns() // 1000, time.perf_counter()
        process = _start(command, said, cwd, {**os.environ, **(environment or {})})
        late = Timer(limit_s, _end, (process,))
        late.daemon = True
        late.start()
        try:
            status = process.wait()
            seconds, to_us = time.perf_counter() - began, time.time_ns() // 1000
        finally:
            late.cancel()
            _end(process)
            process.wait()
        return Timed(seconds, from_us, to_us, status, seconds < limit_s, _last_words(said))


def _start(command: tuple[str, ...], said: IO[bytes], cwd: Path | None, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    except OSError as error:
        raise MissingTool(f"{command[0]} cannot be started: {error.strerror or error}.") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """The command and what it started, nothing else: the group's number is the command's."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_words(said: IO[bytes]) -> str:
    end = said.seek(0, os.SEEK_END)
    said.seek(max(end - KEPT_BYTES, 0))
    return said.read().decode("utf-8", errors="replace").strip() or "(it printed nothing)"
