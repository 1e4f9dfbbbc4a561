"""The same stacks in every format of profiles: their totals, whatever the names hold, and an error that names the file where it is damaged."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perfkit.errors import ArtefactError
from perfkit.model.batch import Columns
from perfkit.readers import READERS, detect, reader_named
from perfkit.workbench import Workbench
from tests.readers.profile_rows import rows_of
from tests.readers.profile_writers import FORMATS, Call, Format, Weighed, cpuprofile

MAIN, WORK, LEAF = Call("main", "/srv/app/shop.py", 3), Call("work", "/srv/app/shop.py", 20), Call("leaf", "/srv/app/tools.py", 7)
USUAL: list[Weighed] = [((MAIN, WORK, LEAF), 3), ((MAIN, WORK), 2), ((MAIN, LEAF, MAIN, LEAF), 5)]
CUTS = 20
WEIGHTS: tuple[Any, ...] = (math.nan, math.inf, -math.inf, -1, 1e300, 2**63, 2**64, 10**40, 0, "3", None, True, [], 0.5)
ODD = (
    "line\nbreak", "tab\tstop", "a;b", "<script>alert(1)</script>", "nul\0end", "semi;colon 12", "(paren) (a.py:1)", "naïve ümläut 漢字 🐢", "C:\\srv\\app.py",
    "", " ", "a" * 5_000, "lambda <locals>:9", "\x01bell", "\u2028separator", "50%_done", "half \ud800 a character", "'; drop table runs; --",
)  # fmt: skip
FOREIGN = (
    b"",
    b"\n",
    b"\0" * 4096,
    b"\xff" * 4096,
    b"MOJ",
    b"\x80\x04.",
    b"{}",
    b"[]",
    b"null",
    b"<svg></svg>",
    b"%PDF-1.7\n",
    b"\x1f\x8b",
    b"PK\x03\x04" * 99,
)
DEEP, WIDE = 10_000, 40_000


def named(form: Format) -> str:
    return form.written.__name__


every = pytest.mark.parametrize("form", FORMATS, ids=named)
in_json = pytest.mark.parametrize("form", [form for form in FORMATS if form.written(USUAL)[:1] == b"{" and form.name != "cprofile"], ids=named)


def total(path: Path, form: Format) -> float:
    """Of the format's unit; what the tree's nodes have of their own, or a graph's functions."""
    rows = rows_of(path, form.name)
    return math.fsum(row["self"] for row in rows["profile_nodes"] + rows["profile_functions"] if str(row["unit"]) == form.unit)


def outcome(content: bytes, form: Format, folder: Path) -> float | None:
    """The total, or None where the file is refused with its name; anything else fails."""
    path = folder / "tried"
    path.write_bytes(content)
    try:
        found = total(path, form)
    except ArtefactError as error:
        assert "tried" in str(error) and "\n" not in str(error)
        return None
    assert math.isfinite(found) and found >= 0
    return found


@every
def test_totals_are_those_of_the_stacks_packed_or_not(form: Format, tmp_path: Path) -> None:
    for content in (form.written(USUAL), gzip.compress(form.written(USUAL))):
        path = tmp_path / "usual"
        path.write_bytes(content)
        assert form.name == detect(path).NAME
        assert total(path, form) == pytest.approx(10 * form.scale)


@every
def test_a_file_that_was_cut_off_is_refused_or_read_so_far(form: Format, tmp_path: Path) -> None:
    whole = form.written(USUAL * 3)
    for content in (whole, gzip.compress(whole)):
        for place in range(CUTS):
            found = outcome(content[: len(content) * place // CUTS], form, tmp_path)
            assert found is None or found <= 30.001 * form.scale


@every
def test_foreign_bytes_are_refused(form: Format, tmp_path: Path) -> None:
    for content in FOREIGN:
        assert not outcome(content, form, tmp_path)
    for other in FORMATS:
        outcome(other.written(USUAL), form, tmp_path)


@every
def test_a_deep_stack_is_read_or_refused(form: Format, tmp_path: Path) -> None:
    calls = [Call(f"level{place % 40}", "/srv/app/deep.py", place % 40 + 1) for place in range(DEEP)]
    found = outcome(form.written([(calls, 3), (calls[: DEEP // 2], 2)]), form, tmp_path)
    assert found == pytest.approx(5 * form.scale) or (found is None and form.written.__name__ == "pyinstrument")
    assert form.name == detect(tmp_path / "tried").NAME


@every
def test_a_wide_tree_is_read(form: Format, tmp_path: Path) -> None:
    stacks = [((MAIN, Call(f"leaf{number}", "/srv/app/wide.py", 7)), 1) for number in range(WIDE)]
    path = tmp_path / "wide"
    path.write_bytes(form.written(stacks))
    batches = [batch for batch in reader_named(form.name).read(path) if isinstance(batch, Columns)]
    own = [batch.columns["self"] for batch in batches if batch.table in ("profile_nodes", "profile_functions") and batch.columns]
    units = sum(form.name == "tracemalloc" for _ in own) or 1
    assert sum(float(np.sum(np.asarray(column, dtype=float))) for column in own) == pytest.approx(WIDE * form.scale * units)


@every
def test_weights_that_are_none_are_refused_or_counted(form: Format, tmp_path: Path) -> None:
    for weight in WEIGHTS:
        if form.written is cpuprofile and weight == -1:
            continue  # its samples may be out of order
        try:
            content = form.written([((MAIN, WORK), 1), ((MAIN, LEAF), weight), ((MAIN,), 2)])
        except (TypeError, ValueError, OverflowError, AttributeError):
            continue  # nothing can write that
        found = outcome(content, form, tmp_path)
        assert found is None or not isinstance(weight, int | float) or found == pytest.approx((3 + weight) * form.scale)


@pytest.mark.parametrize("form", [form for form in FORMATS if form.name != "tracemalloc"], ids=named)
def test_odd_names_come_through_as_they_are(form: Format, tmp_path: Path) -> None:
    names = [name for name in ODD if name and "\ud800" not in name and not name.isspace() and not set(name) & set(form.texts)]
    path = tmp_path / "odd"
    path.write_bytes(form.written([((MAIN, Call(name, f"/srv/{number}.py", 5)), 1) for number, name in enumerate(names)]))
    functions = {row["function"] for row in rows_of(path, form.name)["frames"]}
    assert [name for name in names if name.isascii() and name.isprintable() and name not in functions] == []


@every
def test_odd_names_are_stored(form: Format, bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "odd"
    whole = [name for name in ODD if "\ud800" not in name]
    for names in (whole, ["half \ud800 a character"]):
        path.write_bytes(form.written([((MAIN, Call(name, name, number + 1)), 1) for number, name in enumerate(names)]))
        try:
            bench.ingest([path], as_format=form.name)
        except ArtefactError as error:
            assert "odd" in str(error)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document with every key of it; of lists the first two items."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, below in list(pairs):
        yield value, key
        yield from places(below)


def changed(form: Format, change: Callable[[Any, Any], None]) -> Iterator[bytes]:
    """The usual file with one thing changed, at every place in turn."""
    for number in range(sum(1 for _ in places(json.loads(form.written(USUAL))))):
        document = json.loads(form.written(USUAL))
        change(*next(place for at, place in enumerate(places(document)) if at == number))
        yield json.dumps(document).encode()


@in_json
def test_what_is_missing_is_not_needed_or_named(form: Format, tmp_path: Path) -> None:
    for content in changed(form, lambda within, key: within.pop(key)):
        outcome(content, form, tmp_path)


@in_json
@pytest.mark.parametrize("wrong", [None, -1, 2**70, 1e308, "x", "", [], {}, [[]], {"a": []}, True, math.nan], ids=repr)
def test_values_of_another_kind_are_refused_or_do_not_matter(form: Format, wrong: Any, tmp_path: Path) -> None:
    for content in changed(form, lambda within, key: within.__setitem__(key, wrong)):
        outcome(content, form, tmp_path)


def test_every_reader_of_profiles_has_a_writer_here_or_tests_of_its_own() -> None:
    others = {"line_profiler", "mprof", "memray", "memray-stats", "allocation-growth", "object-growth", "heapprofile"}
    found = {reader.NAME for reader in READERS.values() if reader.KIND in ("profile", "memory")}
    assert found - {form.name for form in FORMATS} <= others
