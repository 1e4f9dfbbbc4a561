"""A bundle in one file: a tar of plain files under zstd, the list first. Its reader trusts no header and allocates by none."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import zstandard

from perfkit.bundle.contents import MOST_LIST_BYTES
from perfkit.bundle.recognising import LIST, SUFFIX
from perfkit.errors import ArtefactError

LEVEL = 12
BLOCK = tarfile.BLOCKSIZE
CHUNK_BYTES = 1 << 20
WINDOW_BYTES = 1 << 27
"""More memory than that is not given to whoever packed the file."""

Read = Callable[[int], bytes]


def pack(files: Iterable[tuple[str, Path]], target: Path) -> None:
    """Path in the bundle and file, in this order; nothing of this machine or moment goes in."""
    compressor = zstandard.ZstdCompressor(level=LEVEL)
    with target.open("wb") as raw, compressor.stream_writer(raw) as out:
        for name, path in files:
            info = tarfile.TarInfo(name)
            info.size = path.stat().st_size
            out.write(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
            with path.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    out.write(chunk)
            out.write(bytes(-info.size % BLOCK))
        out.write(bytes(2 * BLOCK))


def begins_with_list(archive: Path) -> bool:
    """Whether the file under zstd is a bundle, or begins like one and is cut or damaged after that."""
    try:
        with _unpacking(archive) as read:
            return tarfile.TarInfo.frombuf(read(BLOCK), "utf-8", "strict").name == LIST
    except (ArtefactError, tarfile.HeaderError, UnicodeDecodeError):
        return archive.name.endswith(SUFFIX)


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[bytes, Iterator[tuple[str, int, Read]]]]:
    """The list, and after it each file's path, size and a function that reads on in it."""
    with _unpacking(path) as read:
        name, size = _header(path, read) or ("", 0)
        if name != LIST or size > MOST_LIST_BYTES:
            raise ArtefactError(f"{path}: the archive does not begin with a {LIST}. Unpack it and ingest the folder, or export it again.")
        text = read(size + -size % BLOCK)[:size]
        yield text, _members(path, read)


def _members(path: Path, read: Read) -> Iterator[tuple[str, int, Read]]:
    while found := _header(path, read):
        name, size = found
        rest = size

        def read_on(most: int) -> bytes:
            nonlocal rest
            chunk = read(min(most, rest, CHUNK_BYTES))
            rest -= len(chunk)
            return chunk

        yield name, size, read_on
        while rest:
            read_on(rest)
        read(-size % BLOCK)


def _header(path: Path, read: Read) -> tuple[str, int] | None:
    """None at the archive's end."""
    block = read(BLOCK)
    if not any(block):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise ArtefactError(f"{path}: the archive is damaged: {error}. Nothing was stored; ask for it again.") from error
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.size < 0:
        raise ArtefactError(f"{path}: {info.name[:200]!r} is no plain file: a bundle has neither links nor anything else. Nothing was stored.")
    return info.name, info.size


@contextmanager
def _unpacking(path: Path) -> Iterator[Read]:
    """A function that reads exactly so many bytes."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
    with path.open("rb") as raw, decompressor.stream_reader(raw) as stream:
        yield lambda size: _exactly(path, stream, size)


def _exactly(path: Path, stream: IO[bytes] | zstandard.ZstdDecompressionReader, size: int) -> bytes:
    parts, missing = [], size
    while missing:
        try:
            part = stream.read(min(missing, CHUNK_BYTES))
        except zstandard.ZstdError as error:
            raise ArtefactError(f"{path}: the archive is damaged: {error}. Nothing was stored; ask for it again.") from error
        if not part:
            raise ArtefactError(f"{path}: the archive is cut off. Nothing was stored; ask for it again.")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
