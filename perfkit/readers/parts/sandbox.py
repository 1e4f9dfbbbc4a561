"""Untrusted bytes are taken apart in a process of their own, with limits: whatever they do there, they do not do here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import GzipFile
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from perfkit.errors import ArtefactError
from perfkit.model.artefact import open_artefact

MEMORY_BYTES = 3 << 30
"""Address space of the process."""
SECONDS = 120
"""Of processor time; twice as long by the clock."""
REFUSED = 3
"""Exit status of a child that says on stderr, in one line, what is wrong with the bytes."""
LONGEST_REMARK = 200
TOO_LONG = f"not read after {SECONDS} s of work. The file is damaged, or made to keep readers busy."


def taken_apart(script: Path, path: Path, name: str) -> bytes:
    """What a script of ours writes about an artefact, which it gets on its standard input. It limits itself, by the two numbers it is given."""
    command = [sys.executable, "-I", "-S", "-B", str(script), str(MEMORY_BYTES), str(SECONDS)]
    with _plain(path) as content, TemporaryFile() as written:
        try:
            done = subprocess.run(
                command, stdin=content, stdout=written, stderr=subprocess.PIPE, timeout=2 * SECONDS, check=False, env=_environment()
            )
        except subprocess.TimeoutExpired as error:
            raise ArtefactError(f"{path}: tried as {name}: {TOO_LONG}") from error
        if done.returncode:
            raise ArtefactError(f"{path}: tried as {name}: {_reason(done, os.fstat(content.fileno()).st_size)}")
        written.seek(0)
        return written.read()


@contextmanager
def _plain(path: Path) -> Iterator[IO[bytes]]:
    """The artefact as a file of the operating system, decompressed."""
    with open_artefact(path) as file:
        if not isinstance(file, GzipFile):
            yield file
            return
        with TemporaryFile() as unpacked:
            try:
                shutil.copyfileobj(file, unpacked)
            except (EOFError, zlib.error) as error:
                raise ArtefactError(f"{path}: tried as gzip: the compressed data is damaged: {error}.") from error
            unpacked.seek(0)
            yield unpacked


def _environment() -> dict[str, str]:
    """Nothing of ours but what the interpreter may need to start."""
    return {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}


def _reason(done: subprocess.CompletedProcess[bytes], size: int) -> str:
    said = done.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1][:LONGEST_REMARK]
    if done.returncode == REFUSED:
        return f"{said} (file of {size} bytes)."
    if done.returncode == -signal.SIGXCPU:
        return TOO_LONG
    if done.returncode < 0:
        return f"reading it ended the process apart ({signal.Signals(-done.returncode).name}): the file is damaged, or made to do harm."
    return f"reading it failed in the process apart: {said or f'status {done.returncode}'} (file of {size} bytes)."
