"""Files → a bundle, as a folder or in one archive: the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from perfkit.bundle.contents import Contents, Member, is_allowed
from perfkit.bundle.packed import pack, unpacked
from perfkit.bundle.recognising import LIST, SUFFIX, is_bundle
from perfkit.errors import ArtefactError, UsageError


@dataclass(frozen=True, slots=True)
class Given:
    """A file that goes in, under the path that it has there."""

    path: str
    file: Path


def write(contents: Contents, given: Sequence[Given], target: Path) -> Contents:
    """The bundle, whole or not at all; an earlier bundle of that name is replaced, anything else is left alone."""
    _refuse_strangers(target)
    outside = next((item.path for item in given if not is_allowed(item.path)), None)
    if outside is not None:
        raise UsageError(f"{outside!r} cannot go into a bundle: names there are of letters, digits, spaces and . _ - +. Rename the file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as name:
        folder = Path(name) / "bundle"
        files = tuple(_member(item, _placed(item, folder)) for item in sorted(given, key=lambda item: item.path))
        whole = replace(contents, files=files)
        (folder / LIST).write_text(whole.to_json(), encoding="utf-8")
        if is_archive(target):
            packed = Path(name) / target.name
            pack([(path, folder / path) for path in (LIST, *(member.path for member in files))], packed)
            packed.replace(target)
        else:
            if target.exists():
                target.replace(Path(name) / "earlier")
            folder.replace(target)
    return whole


def is_archive(target: Path) -> bool:
    """Whether a name asks for one file instead of a folder."""
    return target.name.endswith(SUFFIX)


def _refuse_strangers(target: Path) -> None:
    if is_archive(target):
        if target.is_dir():
            raise UsageError(f"{target} is a folder, so no archive can have that name. Name another with --to.")
        if target.exists() and not _is_ours(target):
            raise UsageError(f"{target} is there and is no bundle, so it stays as it is. Name another file with --to.")
        return
    if target.suffix in (".tar", ".zst", ".zip", ".gz", ".tgz"):
        raise UsageError(f"--to {target}: a bundle is a folder or a file that ends with {SUFFIX}.")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target} is a file or a link. Name a new folder, or a file that ends with {SUFFIX}.")
    strange = _strange(target)
    if strange is not None:
        raise UsageError(f"{target} has files that are of no bundle, such as {strange}, and stays as it is. Name a new folder with --to.")


def _strange(folder: Path) -> Path | None:
    """A file that an earlier bundle in this folder did not bring."""
    found = folder.rglob("*") if folder.is_dir() else ()
    there = sorted(path.relative_to(folder) for path in found if path.is_symlink() or not path.is_dir())
    own = {LIST, *(member.path for member in Contents.from_json((folder / LIST).read_bytes(), str(folder)).files)} if is_bundle(folder) else set()
    return next((path for path in there if path.as_posix() not in own), None)


def _is_ours(archive: Path) -> bool:
    try:
        with unpacked(archive) as (text, _):
            return Contents.is_list(text)
    except ArtefactError:
        return False


def _placed(item: Given, folder: Path) -> Path:
    place = folder / item.path
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(item.file, place)
    return place


def _member(item: Given, place: Path) -> Member:
    with place.open("rb") as file:
        return Member(item.path, place.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
