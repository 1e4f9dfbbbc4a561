"""line_profiler's pickle and its text say the same, and nothing in a pickle is run."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.cutting import ARTEFACTS
from tests.readers.harm import assert_every_cut_is_refused
from tests.readers.profile_rows import fact, rows_of

PICKLED, PRINTED = (ARTEFACTS / "line_profiler" / name for name in ("lines.lprof", "lines.txt"))


def lprof(folder: Path, timings: Any, unit: Any = 1e-9, module: str = "_line_profiler", protocol: int = 2) -> Path:
    """A file as the class of a module pickles itself."""
    stats = type("LineStats", (), {"__module__": module, "__qualname__": "LineStats"})
    sys.modules[module] = types.ModuleType(module)
    setattr(sys.modules[module], "LineStats", stats)  # noqa: B010  the module has no such attribute for a checker
    try:
        made = stats()
        made.__dict__.update(timings=timings, unit=unit)
        path = folder / "made.lprof"
        path.write_bytes(pickle.dumps(made, protocol))
    finally:
        del sys.modules[module]
    return path


def test_the_text_says_what_the_pickle_says() -> None:
    pickled, printed = rows_of(PICKLED, "line_profiler"), rows_of(PRINTED, "line_profiler")
    keys = ("line", "function", "hits")
    shown = pickled["profile_lines"]
    assert [[row[key] for key in keys] for row in printed["profile_lines"]] == [[row[key] for key in keys] for row in shown]
    assert fact(printed, "total", "wall_s") == pytest.approx(fact(pickled, "total", "wall_s"), abs=1e-6)


def test_the_sum_of_lines_is_the_total_that_the_tool_prints() -> None:
    told = sum(float(line.split()[2]) for line in PRINTED.read_text().splitlines() if line.startswith("Total time:"))
    assert fact(rows_of(PICKLED, "line_profiler"), "total", "wall_s") == pytest.approx(told, abs=1e-5)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_files_of_older_versions_are_read(protocol: int, tmp_path: Path) -> None:
    rows = rows_of(lprof(tmp_path, {("a.py", 3, "f"): [(4, 2, 1500)]}, 1e-6, protocol=protocol), "line_profiler")
    assert rows["profile_lines"] == [{"file": "a.py", "line": 4, "function": "f", "hits": 2, "total": pytest.approx(1.5e-3), "unit": "wall_s"}]


def test_every_cut_is_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(PICKLED, "line_profiler", tmp_path)


@pytest.mark.parametrize(
    "timings", [None, 5, {1: []}, {("a", 1, "f"): 5}, {("a", 1, "f"): [(1, 2)]}, {("a", 1, "f"): [(1, -2, 3)]}, {("a", 1, "f"): [(1, 2, float("nan"))]},
                {("a", 1, "f"): [(2**70, 2, 3)]}, {("a", 1, "f"): [(1, 2, 2**2000)]}],
    ids=lambda timings: str(timings)[:50],
)  # fmt: skip
def test_other_statistics_are_refused(timings: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"made\.lprof.*line_profiler"):
        rows_of(lprof(tmp_path, timings), "line_profiler")


def test_a_pickle_of_another_class_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.lprof"
    path.write_bytes(b"\x80\x02cos\nsystem\nX\x06\x00\x00\x00touch x\x85R.")
    with pytest.raises(ArtefactError, match="Nothing of it was run"):
        rows_of(path, "line_profiler")


def test_a_terminals_text_is_read_behind_what_the_program_said_and_with_exponents_where_counts_are_long() -> None:
    rows = rows_of(ARTEFACTS / "line_profiler" / "kernprof.txt", "line_profiler")
    assert [(row["line"], row["hits"]) for row in rows["profile_lines"]] == [(3, 2_000_000_000), (4, 2_000_000_000), (6, 1)]
    assert [row["total"] for row in rows["profile_lines"]] == pytest.approx([4e5, 9e5, 1.5e-6], rel=1e-2)
