"""A bundle from somewhere else → its checked files, or a sentence about what is wrong with it."""

from __future__ import annotations

import hashlib
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from perfkit.bundle.contents import MOST_LIST_BYTES, Contents, Member
from perfkit.bundle.packed import CHUNK_BYTES, Read, unpacked
from perfkit.bundle.recognising import LIST
from perfkit.errors import ArtefactError

MOST_EXPANDED, LEAST_ALLOWED = 200, 256 << 20
"""An archive may grow to so many times its size, and to so many bytes in any case: logs of requests grow to thirty times theirs."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle whose every file has the size and the hash that its list says."""

    source: Path
    """What the user named."""
    folder: Path
    contents: Contents


@contextmanager
def opened(source: Path, scratch: Path) -> Iterator[Opened]:
    """The bundle for as long as the context lasts; an archive is unpacked below scratch."""
    if source.is_dir():
        yield _checked(source)
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=scratch, prefix=".bundle-") as name:
        yield _unpacked(source, Path(name))


def _checked(folder: Path) -> Opened:
    note = folder / LIST
    _refuse_all_but_files(folder, note)
    if note.stat().st_size > MOST_LIST_BYTES:
        raise ArtefactError(f"{note}: larger than any bundle's list. Nothing was stored.")
    contents = Contents.from_json(note.read_bytes(), str(folder))
    for member in contents.files:
        _check_file(folder, member)
    return Opened(folder, folder, contents)


def _check_file(folder: Path, member: Member) -> None:
    path = folder / member.path
    _refuse_all_but_files(folder, path)
    with path.open("rb") as file:
        _check_hash(folder, member, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _refuse_all_but_files(folder: Path, path: Path) -> None:
    """Neither the file nor a folder on the way to it may be a link."""
    for step in (path, *path.parents):
        if step == folder:
            break
        if step.is_symlink():
            raise ArtefactError(f"{folder}: {step.relative_to(folder)} is a link, and a bundle has none. Nothing was stored.")
    if not path.exists():
        raise ArtefactError(f"{folder}: {path.relative_to(folder)} is missing. Nothing was stored; ask for the bundle again.")
    if not stat.S_ISREG(path.stat().st_mode):
        raise ArtefactError(f"{folder}: {path.relative_to(folder)} is no plain file. Nothing was stored.")


def _check_hash(source: Path, member: Member, size: int, sha256: str) -> None:
    if (size, sha256) != (member.bytes, member.sha256):
        raise ArtefactError(f"{source}: {member.path} is not the file that the bundle was made of: its size or hash differs. Nothing was stored.")


def _unpacked(source: Path, folder: Path) -> Opened:
    with unpacked(source) as (text, files):
        contents = Contents.from_json(text, str(source))
        _refuse_bombs(source, folder, contents)
        wanted = {member.path: member for member in contents.files}
        for path, size, read in files:
            member = wanted.pop(path, None)
            if member is None:
                raise ArtefactError(f"{source}: {path[:200]!r} is in the archive but not in its list, or is there twice. Nothing was stored.")
            _check_hash(source, member, size, member.sha256)
            _check_hash(source, member, size, _copied(read, folder / path))
    if wanted:
        raise ArtefactError(f"{source}: {min(wanted)} is missing in the archive. Nothing was stored; ask for it again.")
    return Opened(source, folder, contents)


def _refuse_bombs(source: Path, folder: Path, contents: Contents) -> None:
    unpacked_bytes, packed_bytes = sum(member.bytes for member in contents.files), source.stat().st_size
    if unpacked_bytes > max(LEAST_ALLOWED, MOST_EXPANDED * packed_bytes):
        raise ArtefactError(
            f"{source}: {packed_bytes} bytes would become {unpacked_bytes}, more than {MOST_EXPANDED} times as many. "
            "Nothing was stored; if you trust it, unpack it with tar and ingest the folder."
        )
    free = shutil.disk_usage(folder).free
    if unpacked_bytes > free:
        raise ArtefactError(f"{source}: needs {unpacked_bytes} bytes, and {folder.parent} has {free} left. Make room and try again.")


def _copied(read: Read, target: Path) -> str:
    """The hash of what was written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while chunk := read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
