"""An artefact is the raw file that a tool left; what it is shows in its first bytes, not in its name."""

from __future__ import annotations

import gzip
import os
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from perfkit.errors import ArtefactError

GZIP_MAGIC = b"\x1f\x8b"
HEAD_BYTES = 64 * 1024
COPIED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of an artefact, decompressed."""

    data: bytes
    gzipped: bool
    complete: bool
    """True when data is the whole file."""

    @property
    def text(self) -> str:
        """For text formats; what is not UTF-8 becomes a replacement character."""
        return self.data.decode("utf-8", errors="replace")

    @property
    def first_line(self) -> str:
        return self.text.split("\n", 1)[0].strip("\ufeff\r ")


def read_head(path: Path) -> Head:
    """Raises ArtefactError when there is nothing to look at."""
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == GZIP_MAGIC
        with _opened(path, gzipped=gzipped) as file:
            data = file.read(HEAD_BYTES + 1)
    except OSError as error:
        raise ArtefactError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (EOFError, zlib.error) as error:
        raise ArtefactError(f"{path}: tried as gzip: the compressed data is damaged: {error}.") from error
    if not data:
        raise ArtefactError(f"{path}: the file is empty.")
    return Head(data[:HEAD_BYTES], gzipped, complete=len(data) <= HEAD_BYTES)


def open_artefact(path: Path) -> IO[bytes]:
    """The file's bytes, decompressed when it is gzip."""
    with path.open("rb") as file:
        gzipped = file.read(2) == GZIP_MAGIC
    return _opened(path, gzipped=gzipped)


def whole_rows(path: Path, folder: Path) -> tuple[Path, bool]:
    """A copy that ends with the last whole line, and whether anything was cut off; damaged compression ends where it breaks."""
    copy, cut = folder / path.name.removesuffix(".gz"), False
    with open_artefact(path) as file, copy.open("w+b") as whole:
        try:
            shutil.copyfileobj(file, whole, COPIED_BYTES)
        except (EOFError, OSError, zlib.error):
            cut = True
        end = _last_line_end(whole)
        cut = cut or end < whole.seek(0, os.SEEK_END)
        whole.truncate(end)
    return copy, cut


def _last_line_end(file: IO[bytes]) -> int:
    """The offset behind the last newline."""
    position = file.seek(0, os.SEEK_END)
    while position:
        start = max(position - HEAD_BYTES, 0)
        file.seek(start)
        found = file.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0


def _opened(path: Path, *, gzipped: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if gzipped else path.open("rb")
