"""How files get damaged, and what must follow: an ArtefactError, never another exception."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.model.batch import Columns
from perfkit.model.run import Manifest
from perfkit.readers import reader_named

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
CUTS = (1, 2, 5, 17, 40, 64, 90, 99)
"""Hundredths of a file."""


def artefacts(folder: str) -> list[Path]:
    """The real files of a folder."""
    return sorted(path for path in (ARTEFACTS / folder).iterdir() if path.suffix != ".md")


def drained(path: Path, name: str) -> None:
    """Reads a file to its end as the named format; only what is no Scan."""
    for batch in reader_named(name).read(path):
        assert isinstance(batch, Columns | Manifest)


def manifest_of(path: Path, name: str) -> Manifest:
    """What the file says of its run."""
    [told] = [batch for batch in reader_named(name).read(path) if isinstance(batch, Manifest)]
    return told


def cut(original: Path, folder: Path) -> Iterator[Path]:
    """The file, ended early at several places."""
    content = original.read_bytes()
    for hundredth in CUTS:
        damaged = folder / f"cut-{hundredth}"
        damaged.write_bytes(content[: len(content) * hundredth // 100])
        yield damaged


def assert_every_cut_is_refused(original: Path, name: str, folder: Path) -> None:
    """Every cut raises an ArtefactError that names the file."""
    for damaged in cut(original, folder):
        with pytest.raises(ArtefactError, match=damaged.name):
            drained(damaged, name)


def changed(original: Path, folder: Path, change: Callable[[Any], object]) -> Path:
    """A JSON file of which something was changed."""
    document = json.loads(original.read_text(encoding="utf-8"))
    change(document)
    path = folder / "changed"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
