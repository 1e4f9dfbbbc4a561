"""Is a path a bundle? Most are not: what opens and checks bundles is imported for one that is, or seems to be."""

from __future__ import annotations

from pathlib import Path

LIST = "bundle.json"
SUFFIX = ".tar.zst"
MAGIC = b"\x28\xb5\x2f\xfd"
HEAD_BYTES = 4096
"""The list says in its beginning what it is, so that a cut one is known as such."""


def is_bundle(path: Path) -> bool:
    """A folder with a list, or an archive that begins with one."""
    return _has_list(path / LIST) if path.is_dir() else path.is_file() and _is_archive(path)


def _has_list(note: Path) -> bool:
    if not note.is_file():
        return False
    from perfkit.bundle.contents import Contents

    with note.open("rb") as file:
        return Contents.is_list(file.read(HEAD_BYTES))


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return False
    from perfkit.bundle.packed import begins_with_list

    return begins_with_list(path)
