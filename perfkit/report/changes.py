"""Several files, whole or nothing: shown as a difference before, and put back as they were when one of them cannot be written."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from perfkit.errors import DocumentError
from perfkit.report.texts import contents


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file as it is and as it shall be."""

    path: Path
    after: bytes
    before: bytes | None
    """None: the file is new."""

    @property
    def is_none(self) -> bool:
        return self.before == self.after


def change_of(path: Path, after: bytes) -> FileChange:
    """The change that makes a file so."""
    return FileChange(path, after, contents(path) if path.is_file() else None)


def apply(changes: Sequence[FileChange]) -> None:
    """All of them, or, where one fails, none."""
    wanted = [change for change in changes if not change.is_none]
    for change in wanted:
        if change_of(change.path, change.after) != change:
            raise DocumentError(f"{change.path}: somebody else changed it meanwhile. Nothing was written; do it again.")
    made: list[Path] = []
    done: list[FileChange] = []
    try:
        for change in wanted:
            made += _missing(change.path.parent)
            change.path.parent.mkdir(parents=True, exist_ok=True)
            _part(change.path).write_bytes(change.after)
            if change.before is not None:
                _part(change.path).chmod(change.path.stat().st_mode & 0o7777)
        for change in wanted:
            _part(change.path).replace(change.path)
            done.append(change)
    except OSError as error:
        _undo(wanted, done, made)
        where = error.filename2 or error.filename or "a file"
        raise DocumentError(f"{where}: cannot be written: {error.strerror or error}. All files are as they were before.") from error
    except KeyboardInterrupt:
        _undo(wanted, done, made)
        raise


def write(path: Path, text: str) -> None:
    """One file, whole or as it was before."""
    apply([change_of(path, text.encode())])


def difference(changes: Sequence[FileChange], root: Path) -> Iterator[str]:
    """As diff -u and git show it, line by line."""
    for change in changes:
        name = change.path.relative_to(root).as_posix()
        before = None if change.before is None else _lines(change.before)
        after = _lines(change.after)
        if before == after:
            continue
        if after is None:
            yield f"new file {name}, {len(change.after)} bytes"
            continue
        yield from difflib.unified_diff(before or [], after, f"a/{name}" if change.before is not None else "/dev/null", f"b/{name}", lineterm="")


def _lines(contents: bytes) -> list[str] | None:
    """None: not a text."""
    try:
        return contents.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return None


def _missing(folder: Path) -> list[Path]:
    """It and those around it, as far as they are not there, innermost first."""
    return [place for place in (folder, *folder.parents) if not place.exists()]


def _undo(wanted: Sequence[FileChange], done: Sequence[FileChange], made: Sequence[Path]) -> None:
    for change in done:
        if change.before is None:
            change.path.unlink()
        else:
            change.path.write_bytes(change.before)
    for change in wanted:
        with suppress(OSError):
            _part(change.path).unlink()
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")
