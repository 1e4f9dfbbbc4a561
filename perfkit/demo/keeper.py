"""Servers that all commands of a workflow share: the first command starts them in a process of their own, which outlives the last by seconds."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TextIO

from perfkit.demo.processes import announce, child_command, environment, leave
from perfkit.errors import CollectionFailed

KEEPER, USERS, LOG = "keeper.lock", "users.lock", "keeper.log"
LOOKS_EVERY_S, OUTLIVES_BY_S = 0.5, 60.0


@contextmanager
def joined(folder: Path, module: str, options: Sequence[str] = ()) -> Iterator[None]:
    """The running servers, or new ones by `python -m MODULE keep`; as long as the block lasts, nobody ends them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / USERS).open("a") as users, (folder / KEEPER).open("a") as keeper:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is ending
        with _locked(folder / "start.lock"):
            if _free(keeper):
                fcntl.flock(keeper, fcntl.LOCK_UN)
                _start(folder, module, options)
        yield


def keep(folder: Path, servers: AbstractContextManager[object], outlive_s: float = OUTLIVES_BY_S) -> None:
    """The keeper's work: opens the servers, says so, and closes them when nobody has used them for a while, or when it is told to end."""
    signal.signal(signal.SIGTERM, leave)
    with (folder / KEEPER).open("a") as keeper, (folder / USERS).open("a") as users:
        fcntl.flock(keeper, fcntl.LOCK_EX)
        with servers:
            announce(folder=str(folder))
            unused = 0.0
            while unused < outlive_s:
                time.sleep(LOOKS_EVERY_S)
                unused = unused + LOOKS_EVERY_S if _free(users) else 0.0
                if unused < outlive_s:
                    fcntl.flock(users, fcntl.LOCK_UN)


def _start(folder: Path, module: str, options: Sequence[str]) -> None:
    """A process of its own, for it must outlive whoever started it."""
    command = child_command(module, ("keep", "--folder", str(folder), *options))
    with (folder / LOG).open("w", encoding="utf-8") as talk:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=talk, text=True, env=environment(), start_new_session=True
        )
    if process.stdout is None or not process.stdout.readline():
        said = (folder / LOG).read_text(encoding="utf-8").strip().splitlines()[-1:]
        raise CollectionFailed(f"The demo's servers did not start: {said[0] if said else 'they said nothing'}. All they said is in {folder / LOG}.")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _free(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
