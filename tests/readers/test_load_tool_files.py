"""Files of vegeta, hey, oha, ApacheBench and wrk are known by their content, and damage is named instead of read."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.model.artefact import read_head
from perfkit.readers import READERS, detect
from perfkit.workbench import Workbench

FOLDER = Path(__file__).parent.parent / "artefacts"
FORMATS = (
    *("vegeta_json", "vegeta_csv", "vegeta_report", "hey_csv", "oha_csv", "oha_json", "oha_sqlite"),
    *("ab_gnuplot", "ab_percentiles", "wrk_text"),
)
ARTEFACTS = [path for name in FORMATS for path in sorted((FOLDER / name).iterdir()) if path.suffix != ".md"]
LARGEST = [max((path for path in ARTEFACTS if path.parent.name == name), key=lambda path: path.stat().st_size) for name in FORMATS]
ROWS = [path for path in LARGEST if READERS[path.parent.name.replace("_", "-")].BY_LINE]
OTHER_ROWS = (b"\x00\xff\xfe binary\n", b"1,2\n", b"{}\n", b"a\tb\tc\n", b",,,,,,,,,,,\n", b"nan,nan,nan,nan,nan,nan,nan\n")
CUTS = (0.02, 0.3, 0.5, 0.93, 0.999)


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def test_every_format_has_two_artefacts() -> None:
    assert all(sum(path.parent.name == name for path in ARTEFACTS) >= 2 for name in FORMATS)


@pytest.mark.parametrize("path", ARTEFACTS, ids=named)
def test_exactly_one_reader_claims_an_artefact(path: Path) -> None:
    head = read_head(path)
    assert [reader.NAME for reader in READERS.values() if reader.sniff(head)] == [path.parent.name.replace("_", "-")]


def test_no_other_artefact_is_claimed_by_these_readers() -> None:
    names = {name.replace("_", "-") for name in FORMATS}
    others = [path for path in FOLDER.glob("*/*") if path.parent.name not in FORMATS and path.suffix != ".md"]
    assert others
    assert not [path for path in others if detect(path).NAME in names]


def test_a_folder_of_them_is_read_in_one_go(bench: Workbench) -> None:
    formats = {item.path: item.format for item in bench.ingest([FOLDER / name for name in FORMATS])}
    assert formats == {str(path): path.parent.name.replace("_", "-") for path in ARTEFACTS}


@pytest.mark.parametrize("path", [path for path in LARGEST if path.parent.name != "oha_sqlite"], ids=named)
def test_compressed_files_are_read_alike(bench: Workbench, tmp_path: Path, path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    [plain] = bench.ingest([path])
    [stored] = bench.ingest([packed])
    assert (stored.format, stored.rows) == (plain.format, plain.rows)


@pytest.mark.parametrize("path", LARGEST, ids=named)
def test_a_file_that_was_cut_off_is_refused(bench: Workbench, tmp_path: Path, path: Path) -> None:
    content, cut = path.read_bytes(), tmp_path / "cut"
    for kept in CUTS:
        end = int(len(content) * kept)
        while content[end - 1 : end + 1].count(b"\n"):
            end -= 1
        cut.write_bytes(content[:end])
        with pytest.raises(ArtefactError, match=f"^{cut}.*: tried as"):
            bench.ingest([cut], as_format=path.parent.name.replace("_", "-"))
    assert bench.store.query("select count(*) from runs")[1] == [(0,)]


@pytest.mark.parametrize("path", ROWS, ids=named)
def test_the_whole_rows_of_a_cut_file_are_read_where_asked(bench: Workbench, tmp_path: Path, path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut"
    cut.write_bytes(b"".join(lines[:21]) + lines[21][:9])
    headless = path.parent.name.startswith("vegeta")
    [stored] = bench.ingest([cut], partial=True)
    assert stored.rows == {"requests": 21 if headless else 20}
    [(valid, reason)] = bench.store.query("select valid, invalid_because from runs")[1]
    assert not valid
    assert "truncated" in reason


@pytest.mark.parametrize("path", ROWS, ids=named)
def test_a_row_of_another_kind_is_refused(bench: Workbench, tmp_path: Path, path: Path) -> None:
    lines, spoilt = path.read_bytes().splitlines(keepends=True), tmp_path / "spoilt"
    for row in OTHER_ROWS:
        spoilt.write_bytes(b"".join([*lines[:5], row, *lines[5:]]))
        with pytest.raises(ArtefactError, match=f"^{spoilt}"):
            bench.ingest([spoilt])


@pytest.mark.parametrize("path", LARGEST, ids=named)
def test_spoilt_bytes_never_raise_anything_else(bench: Workbench, tmp_path: Path, path: Path) -> None:
    content, noise = path.read_bytes(), random.Random(path.parent.name)
    for attempt in range(6):
        start, length = noise.randrange(len(content)), noise.randrange(1, 30)
        spoilt = tmp_path / f"spoilt{attempt}"
        spoilt.write_bytes(content[:start] + noise.choice([noise.randbytes(length), b"", b"-", b"9" * 400, b"\n"]) + content[start + length :])
        try:
            bench.ingest([spoilt], as_format=path.parent.name.replace("_", "-"))
        except ArtefactError as error:
            assert str(spoilt) in str(error)
