"""Files of Locust and k6 among all others: each goes to its own reader, and no damage ends in anything but a named error."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.readers import READERS, k6_summary, locust_exceptions, locust_failures, locust_history, locust_json, locust_stats
from perfkit.workbench import Workbench
from tests.readers.cutting import ARTEFACTS, files_of

FORMATS = ("k6-csv", "k6-points", "k6-summary", "locust-exceptions", "locust-failures", "locust-history", "locust-json", "locust-stats")
SMALL = (k6_summary, locust_exceptions, locust_failures, locust_history, locust_json, locust_stats)


def folder_of(name: str) -> str:
    return name.replace("-", "_")


def test_a_folder_of_artefacts_goes_to_the_readers_of_their_names(bench: Workbench) -> None:
    stored = bench.ingest([ARTEFACTS / folder_of(name) for name in FORMATS])
    assert {Path(item.path).parent.name: item.format for item in stored} == {folder_of(name): name for name in FORMATS}
    assert len(stored) == sum(len(files_of(folder_of(name))) for name in FORMATS)


def test_no_artefact_of_another_tool_is_taken_for_locusts_or_k6s() -> None:
    others = [path for path in ARTEFACTS.rglob("*") if path.is_file() and path.parent.name not in map(folder_of, FORMATS)]
    assert others
    for path in others:
        content = path.read_bytes()
        data = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        head = Head(data[: 64 * 1024], gzipped=False, complete=len(data) <= 64 * 1024)
        assert [name for name in FORMATS if READERS[name].sniff(head)] == [], path


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}\n", b"[]\n", b"\x00\xff\xfe binary \x1f\x8b", b'{"a": ' * 100_000],
    ids=["empty", "line", "object", "list", "binary", "deep"],
)
def test_a_format_that_is_asked_for_is_not_believed(bench: Workbench, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(ArtefactError, match="odd"):
        bench.ingest([tmp_path / "odd"], as_format=name)


@pytest.mark.parametrize("name", FORMATS)
def test_no_sniffer_stumbles_over_garbage(name: str) -> None:
    noise = random.Random(5)
    for _ in range(300):
        READERS[name].sniff(Head(noise.randbytes(noise.randint(0, 400)), gzipped=False, complete=True))
    assert not READERS[name].sniff(Head(b'"a\rb",c\r\n', gzipped=False, complete=True))


@pytest.mark.parametrize("reader", SMALL, ids=lambda reader: reader.NAME)
def test_changed_bytes_are_read_or_named(tmp_path: Path, reader: object) -> None:
    noise = random.Random(11)
    module = next(item for item in SMALL if item is reader)
    path = files_of(folder_of(module.NAME))[0]
    for _ in range(300):
        content = bytearray(path.read_bytes())
        for _ in range(noise.randint(1, 4)):
            content[noise.randrange(len(content))] = noise.randrange(256)
        (tmp_path / "changed").write_bytes(content)
        try:
            list(module.read(tmp_path / "changed"))
        except ArtefactError as error:
            assert "changed" in str(error)
