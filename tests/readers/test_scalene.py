"""scalene's lines are shares of the run: they sum to what scalene gives its files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.cutting import ARTEFACTS, files_of
from tests.readers.harm import assert_every_cut_is_refused, changed
from tests.readers.profile_rows import by_function, fact, rows_of, totals

NEW, OLD = (ARTEFACTS / "scalene" / name for name in ("scalene-2.json.gz", "scalene-1-keys.json"))
SHOP = "/srv/shop/prog.py"


@pytest.mark.parametrize("path", files_of("scalene"), ids=lambda path: path.name)
def test_lines_sum_to_the_share_of_their_files(path: Path) -> None:
    document = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    rows = rows_of(path, "scalene")
    told = sum(item["percent_cpu_time"] for item in document["files"].values()) / 100 * document["elapsed_time_sec"]
    assert sum(row["python"] + row["native"] + row["system"] for row in rows["profile_lines"]) == pytest.approx(told, rel=1e-6)
    assert totals(rows).get("wall_s", told) == pytest.approx(told, rel=0.01)


@pytest.mark.parametrize("path", [NEW, OLD], ids=lambda path: path.name)
def test_the_tree_leads_to_the_hot_function(path: Path) -> None:
    functions = by_function(rows_of(path, "scalene"), "wall_s")
    assert functions["hot"] > functions["middle"] > 0


@pytest.mark.parametrize(
    ("version", "unit", "frames"),
    [
        ("1.5.24", "samples", {("line 7", SHOP), ("line 8", SHOP), ("line 20", SHOP)}),
        ("1.5.49", "wall_s", {("alpha", SHOP), ("burn", SHOP), ("waiter", SHOP), ("(no stack)", "")}),
        ("2.0.1", "wall_s", {("alpha", SHOP), ("burn", SHOP), ("waiter", SHOP), ("(no stack)", "")}),
    ],
)
def test_stacks_of_older_versions_are_frames_and_what_had_no_stack_stays_in_the_whole(version: str, unit: str, frames: set[tuple[str, str]]) -> None:
    rows = rows_of(ARTEFACTS / "scalene" / f"scalene-{version}.json.gz", "scalene")
    assert {(row["function"], row["file"]) for row in rows["frames"]} == frames
    whole = totals(rows)
    assert whole == pytest.approx({unit: 3 if unit == "samples" else fact(rows, "wall", "wall_s")})


def test_stacks_that_go_on_into_native_code_are_samples_in_time() -> None:
    rows = rows_of(NEW, "scalene")
    document = json.loads(gzip.decompress(NEW.read_bytes()))
    assert totals(rows)["samples"] == sum(item["count"] for item in document["combined_stacks_timeline"])


def test_memory_copies_and_leaks_are_kept(tmp_path: Path) -> None:
    def remember(document: dict[str, Any]) -> None:
        [told] = document["files"].values()
        told["lines"][9].update(n_malloc_mb=12.5, n_copy_mb_s=2.0, n_peak_mb=9.0, n_growth_mb=-1.0, n_gpu_percent=50)
        told["leaks"] = {"10": {"likelihood": 0.97, "velocity_mb_s": 1.0}}
        document.update(max_footprint_mb=20.0, samples=[[1_000_000, 3.0]], alloc_samples=7)

    rows = rows_of(changed(OLD, tmp_path, remember), "scalene")
    elapsed = fact(rows, "wall", "wall_s")
    [line] = [row for row in rows["profile_lines"] if row["memory_mb"]]
    assert (line["memory_mb"], line["growth_mb"]) == (12.5, -1.0)
    assert [line["copy_mb"], line["gpu"]] == pytest.approx([2 * elapsed, elapsed / 2])
    assert [row["value"] for row in rows["samples"]] == [3 * 2**20]
    assert fact(rows, "peak_footprint", "bytes") == 20 * 2**20
    assert [row["value"] for row in rows["profile_facts"] if row["stat"].startswith("leak ")] == [0.97]


def test_what_was_awaited_is_a_share_of_all_awaiting_and_no_time(tmp_path: Path) -> None:
    def remember(document: dict[str, Any]) -> None:
        [told] = document["files"].values()
        for place, share in ((3, 75.0), (4, 25.0)):
            told["lines"][place].update(n_async_await_percent=share)

    facts = rows_of(changed(OLD, tmp_path, remember), "scalene")["profile_facts"]
    assert [(row["value"], row["unit"]) for row in facts if row["stat"].startswith("await ")] == [(0.75, "ratio"), (0.25, "ratio")]


def test_every_cut_is_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(OLD, "scalene", tmp_path)


@pytest.mark.parametrize(
    "change", [{"files": []}, {"files": {"a": 1}}, {"elapsed_time_sec": None}, {"elapsed_time_sec": -1}, {"stacks": [[1, 2]]}, {"samples": [["x", 1]]},
               {"files": {"a": {"lines": [{"lineno": "x"}]}}}, {"files": {"a": {"lines": [{"lineno": 1, "n_sys_percent": "x"}]}}}],
    ids=str,
)  # fmt: skip
def test_another_form_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"changed.*scalene"):
        rows_of(changed(OLD, tmp_path, lambda document: document.update(change)), "scalene")
