"""Whose memory it is, how it is named, and what is not claimed of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import UsageError
from perfkit.figures.memory_sentences import memory_sentences
from perfkit.figures.tables import table
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS


def heap(name: str, line: int, size: int, *children: dict[str, Any]) -> dict[str, Any]:
    call = {"functionName": name, "scriptId": "1", "url": "file:///srv/app.js" if line else "", "lineNumber": line - 1, "columnNumber": 0}
    return {"callFrame": call, "selfSize": size, "id": line, "children": list(children)}


def test_what_v8_sampled_was_alive_and_two_functions_without_a_name_are_two(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "a.heapprofile"
    path.write_text(json.dumps({"head": heap("(root)", 0, 0, heap("", 3, 600), heap("", 9, 400)), "samples": []}))
    [stored] = bench.ingest([path])
    found = bench.memory(stored.run_id)
    assert [(row.subject, row.bytes, row.allocations, row.held) for row in found.peak] == [
        ("(anonymous) (app.js:3)", 600.0, None, True),
        ("(anonymous) (app.js:9)", 400.0, None, True),
    ]
    assert memory_sentences(found)[-1].endswith("600 B of 1.00 KB at the end of the recording.")
    assert bench.profile(stored.run_id).measured_by("bytes") == "alive at the end of the recording, by v8"


def test_samples_of_a_heap_are_not_called_allocations(bench: Workbench) -> None:
    [stored] = bench.ingest([ARTEFACTS / "pprof" / "go_heap.pb.gz"])
    assert {row.allocations for row in bench.memory(stored.run_id).peak} == {None}
    profile = bench.profile(stored.run_id)
    assert profile.measured_by("bytes") == "allocated in the whole run, given back or not, by pprof"
    assert profile.measured_by("inuse_space_bytes") == "by pprof"


@pytest.mark.parametrize(("depth", "way"), [(1, "main (app.js:1)"), (4, "main (app.js:1) → build (app.js:5) × 3")])
def test_a_function_that_calls_itself_is_told_once(depth: int, way: str, bench: Workbench, tmp_path: Path) -> None:
    node = heap("build", 5, 64)
    for _ in range(depth - 1):
        node = heap("build", 5, 0, node)
    path = tmp_path / "a.heapprofile"
    path.write_text(json.dumps({"head": heap("(root)", 0, 0, heap("main", 1, 0, node)), "samples": []}))
    [stored] = bench.ingest([path])
    shown = table(bench.memory(stored.run_id).peak)
    assert [row[-1] for row in shown.rows] == [way]


def test_of_a_long_way_both_ends_are_named(bench: Workbench, tmp_path: Path) -> None:
    node = heap("leaf", 99, 64)
    for line in range(20, 0, -1):
        node = heap(("ping", "pong")[line % 2], line, 0, node)
    path = tmp_path / "a.heapprofile"
    path.write_text(json.dumps({"head": heap("(root)", 0, 0, node), "samples": []}))
    [stored] = bench.ingest([path])
    [row] = table(bench.memory(stored.run_id).peak).rows
    names = row[-1].split(" → ")
    assert (names[0], names[4], names[-1]) == ("pong (app.js:1)", "… 12 more …", "ping (app.js:20)")


def test_statistics_of_memray_are_memory_without_stacks(bench: Workbench) -> None:
    [stored] = bench.ingest([ARTEFACTS / "memray_stats" / "shop.json"])
    with pytest.raises(UsageError, match="tells sums of memory, no stacks and no moments"):
        bench.memory(stored.run_id)
