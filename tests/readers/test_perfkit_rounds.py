"""The artefact of benchmarks and sweeps is read as it was written, and refused where it is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.collectors.rounds import Round, write_rounds
from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench

ROUNDS = [
    Round(0, 9.5, "ms", "warmup", 1000),
    Round(0, 1.25, "ms", None, 1000),
    Round(0, 31, "count", None, 1000, "statements"),
    Round(1, 2.0, "ms", "failed", 4000.0),
]


@pytest.mark.parametrize("kind", ["bench", "sweep"])
def test_every_round_comes_back_as_it_was_written(kind: Any, tmp_path: Path, bench: Workbench) -> None:
    artefact = write_rounds(tmp_path / "rounds.json", kind, "clean", ROUNDS, {"sizes": [1000, 4000]})
    [stored] = bench.ingest([artefact])
    assert (stored.format, stored.rows) == (f"perfkit-{kind}", {"rounds": 4})
    _, rows = bench.store.query("select benchmark, round, value, unit, phase, size, component from rounds order by value")
    expected = [("clean", item.round, item.value, item.unit, item.phase, item.size, item.component) for item in ROUNDS]
    assert rows == sorted(expected, key=lambda row: float(row[2]))
    assert bench.runs()[0].kind == kind


@pytest.mark.parametrize(
    "damage",
    [
        {"value": -1},
        {"value": "1"},
        {"value": True},
        {"round": 0.5},
        {"round": 2**40},
        {"unit": "s"},
        {"phase": 3},
        {"component": []},
        {"size": -4},
        {"value": float("nan")},
    ],
)
def test_a_damaged_round_is_refused_with_its_number(damage: dict[str, Any], tmp_path: Path, bench: Workbench) -> None:
    rounds = [{"round": 0, "value": 1.0, "unit": "ms"}, {"round": 1, "value": 1.0, "unit": "ms"} | damage]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"perfkit_rounds": 1, "kind": "bench", "benchmark": "b", "rounds": rounds}))
    with pytest.raises(ArtefactError, match=r"bad\.json: tried as perfkit-bench: round 1 of the list"):
        bench.ingest([path])
    assert bench.runs() == []


@pytest.mark.parametrize("document", [{"rounds": {}}, {"benchmark": 3}, {"perfkit_rounds": 9}, {"rounds": [7]}])
def test_another_shape_is_refused(document: dict[str, Any], tmp_path: Path, bench: Workbench) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"perfkit_rounds": 1, "kind": "sweep", "benchmark": "b", "rounds": []} | document))
    with pytest.raises(ArtefactError, match="tried as perfkit-sweep"):
        bench.ingest([path])


def test_a_file_that_was_cut_off_is_refused_wherever_the_cut_is(tmp_path: Path) -> None:
    whole = write_rounds(tmp_path / "whole.json", "sweep", "clean", ROUNDS, {}).read_bytes()
    cut = tmp_path / "cut.json"
    for end in range(60, len(whole) - 2, 7):
        cut.write_bytes(whole[:end])
        with pytest.raises(ArtefactError, match="no whole JSON document"):
            list(detect(cut).read(cut))
