"""Whatever formats there are: every file of tests/artefacts is recognised by one reader alone, and noise by none."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from perfkit.model.artefact import Head, read_head
from perfkit.readers import READERS
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS

ABOUT = (".md", ".py", ".java", ".go", ".pyc")
FILES = sorted(path for path in ARTEFACTS.rglob("*") if path.is_file() and path.suffix not in ABOUT)


def claimed(head: Head) -> list[str]:
    return [name for name, reader in READERS.items() if reader.sniff(head)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_one_reader_alone_recognises_the_file(path: Path) -> None:
    assert len(claimed(read_head(path))) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_reader_that_recognises_a_file_is_looked_at(path: Path) -> None:
    head = read_head(path)
    assert claimed(head) == [reader.NAME for reader in READERS.candidates(head) if reader.sniff(head)]


def test_readers_are_known_by_their_names() -> None:
    assert [reader.NAME for reader in READERS.values()] == list(READERS)


def test_all_files_are_stored_together(bench: Workbench) -> None:
    stored = bench.ingest(FILES)
    assert all(any(item.rows.values()) for item in stored)


def test_noise_is_recognised_by_none() -> None:
    noise = random.Random(11)
    for size in (0, 1, 5, 6, 40, 400):
        for _ in range(50):
            assert claimed(Head(noise.randbytes(size), gzipped=False, complete=True)) == []
            text = "".join(noise.choices('{}[]",:\n\t#0123456789.abcRUNHIST', k=size))
            assert claimed(Head(text.encode(), gzipped=False, complete=True)) == []
