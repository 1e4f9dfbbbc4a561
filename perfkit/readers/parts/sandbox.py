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
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from perfkit.errors import ArtefactError
from perfkit.model.artefact import open_artefact

LONGEST_REMARK = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process apart may use."""

    memory_bytes: int = 3 << 30
    """Of address space, beside the next."""
    times_file: int = 0
    """So many times the size of the artefact."""
    seconds: int = 120
    """Of processor time; twice as long by the clock."""


USUAL = Limits()


def taken_apart(script: Path, path: Path, name: str, limits: Limits = USUAL) -> bytes:
    """What a script of ours writes about an artefact that it gets on its standard input; it limits itself, by the two numbers it is given."""
    with _plain(path) as content, TemporaryFile() as remarks:
        size = os.fstat(content.fileno()).st_size
        command = [sys.executable, "-P", str(script), str(limits.memory_bytes + limits.times_file * size), str(limits.seconds)]
        try:
            ended = subprocess.run(
                command, stdin=content, stdout=subprocess.PIPE, stderr=remarks, env=_environment(), timeout=2 * limits.seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ArtefactError(f"{path}: tried as {name}: {_too_long(limits)}") from error
        if ended.returncode:
            remarks.seek(0)
            raise ArtefactError(f"{path}: tried as {name}: {_reason(ended.returncode, remarks.read(), size, limits)}")
        return ended.stdout


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


def _too_long(limits: Limits) -> str:
    return f"not read after {limits.seconds} s of work. The file is damaged, too large, or made to keep readers busy."


def _reason(status: int, remarks: bytes, size: int, limits: Limits) -> str:
    said = remarks.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1][:LONGEST_REMARK].rstrip(".")
    if status == -signal.SIGXCPU:
        return _too_long(limits)
    if status < 0:
        return f"reading it ended the process apart ({signal.Signals(-status).name}): the file is damaged, or made to do harm."
    return f"reading it failed in the process apart: {said or f'status {status}'} (file of {size} bytes)."
