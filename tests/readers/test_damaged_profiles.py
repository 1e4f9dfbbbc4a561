"""Whatever happens to a profile or a memory file: rows that can be stored, or an error that names the file."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import drained
from tests.readers.test_every_artefact import FILES

IN_A_PROCESS = ("memray", "memray-capture", "tracemalloc", "line-profiler")
"""Read by a process apart, which takes a while: their own tests damage them."""
FOREIGN = (b"", b"[]", b"null", b"1", b'"x"', b"{}", b"[" * 10_000, b'{"a":' * 10_000, bytes(100), b"a b c\n" * 5)
CUTS, FLIPS = 6, 12
SMALL = 40_000


def profiles() -> list[tuple[Path, str]]:
    known = [(path, detect(path)) for path in FILES if path.stat().st_size < SMALL]
    return [(path, reader.NAME) for path, reader in known if reader.KIND in ("profile", "memory") and reader.NAME not in IN_A_PROCESS]


def damaged(content: bytes, chance: random.Random) -> list[bytes]:
    files = [content[: len(content) * part // CUTS] for part in range(CUTS)]
    for _ in range(FLIPS):
        at = chance.randrange(len(content))
        files.append(content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :])
    return files


@pytest.mark.parametrize(("path", "name"), profiles(), ids=lambda item: item.name if isinstance(item, Path) else item)
def test_damage_is_refused_or_read(path: Path, name: str, tmp_path: Path) -> None:
    raw = path.read_bytes()
    content = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    chance, broken = random.Random(path.name), tmp_path / "broken"
    for harmed in [*damaged(content, chance), *damaged(gzip.compress(content), chance), *FOREIGN]:
        broken.write_bytes(harmed)
        try:
            drained(broken, name)
        except ArtefactError as error:
            assert "broken" in str(error)
        except OSError:
            continue  # ingest says which file it was


def test_a_thread_whose_name_is_not_utf_8_is_stored(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "folded.txt"
    path.write_bytes(b"thread (0x1F): M\xe8re;main (a.py:1) 5\n")
    bench.ingest([path], as_format="folded")
    [run] = bench.runs()
    assert [row.total for row in bench.profile(run.run_id).functions()] == [5.0]
