"""One child process that announces itself by a line of JSON; whoever started it ends it, and nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import perfkit
from perfkit.errors import CollectionFailed

_SECONDS_TO_STOP = 10.0


@dataclass(frozen=True, slots=True)
class Child:
    """A running process and what it said about itself."""

    process: subprocess.Popen[str]
    announced: Mapping[str, Any]


@contextmanager
def child(module: str, options: Sequence[str], log: Path) -> Iterator[Child]:
    """Runs python -m MODULE until the block ends; SIGTERM first, SIGKILL after ten seconds."""
    command = child_command(module, options)
    with log.open("a", encoding="utf-8") as talk:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=talk, text=True, env=environment(), start_new_session=True
        )
    try:
        yield Child(process, _announcement(process, module, log))
    finally:
        stop(process)


def stop(process: subprocess.Popen[Any]) -> None:
    """Asks the process to end, then makes it."""
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def child_command(module: str, options: Sequence[str]) -> list[str]:
    """The words that run a module with this interpreter."""
    return [sys.executable, "-m", module, *options]


def environment() -> dict[str, str]:
    """Ours, with the folder of the perfkit that runs first among its paths."""
    home = str(Path(perfkit.__file__).resolve().parents[1])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def announce(**facts: Any) -> None:
    """The one line on stdout of a process that child() starts."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """A signal handler: the process ends as if it had come to its end, so that every open block closes."""
    sys.exit(0)


def _announcement(process: subprocess.Popen[str], module: str, log: Path) -> Mapping[str, Any]:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise CollectionFailed(f"{module} ended before it was ready: {last[0] if last else 'it said nothing'}. All it said is in {log}.")
    facts: dict[str, Any] = json.loads(line)
    return facts
