"""Damages a file in ways that readers must notice, and says which reader takes a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.readers import READERS
from perfkit.readers.parts.parsing import is_gzip

ARTEFACTS = Path(__file__).parent.parent / "artefacts"


def files_of(folder: str) -> list[Path]:
    """The artefacts of one format."""
    return sorted(path for path in (ARTEFACTS / folder).iterdir() if path.suffix != ".md")


def claims(path: Path) -> list[str]:
    """All formats whose sniffer recognises the file, not only the first."""
    from perfkit.model.artefact import read_head

    head = read_head(path)
    return [name for name, reader in READERS.items() if reader.sniff(head)]


def cuts(path: Path, target: Path, pieces: int = 12) -> Iterator[Path]:
    """The file cut at several places, none of them behind a line's end."""
    content = path.read_bytes()
    assert not is_gzip(path)
    for piece in range(1, pieces):
        end = len(content) * piece // pieces
        while content[end - 1 : end] in (b"\n", b"\r"):
            end -= 1
        target.write_bytes(content[:end])
        yield target
