"""Trials of vector searches are read as they were written, and refused where they are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench
from tests.readers.harm import artefacts, assert_every_cut_is_refused

[ARTEFACT] = artefacts("vector_trials")


def test_every_trial_comes_back_as_it_was_written(bench: Workbench) -> None:
    document = json.loads(ARTEFACT.read_text())
    [stored] = bench.ingest([ARTEFACT])
    assert (stored.format, stored.rows) == ("perfkit-vectors", {"vector_trials": len(document["trials"])})
    _, rows = bench.store.query("select method, probes, ef_search, recall, mean_ms, buffers, index_used, in_place from vector_trials order by trial")
    names = ("method", "probes", "ef_search", "recall", "mean_ms", "buffers", "index_used", "in_place")
    assert rows == [tuple(trial.get(name) for name in names) for trial in document["trials"]]
    assert bench.runs()[0].kind == "vectors"


def test_recall_and_latency_are_metrics_of_each_setting(bench: Workbench) -> None:
    document = json.loads(ARTEFACT.read_text())
    bench.ingest([ARTEFACT])
    found = {item.subject: item for item in bench.measure("vector.recall")}
    assert len(found) == len(document["trials"]) and {item.n for item in found.values()} == {document["trials"][0]["queries"]}
    assert {(item.value, item.unit) for name, item in found.items() if " exact" in name} == {(1.0, "ratio")}
    assert {item.metric for name in ("vector.p95", "vector.queries_per_s") for item in bench.measure(name)} == {"vector.p95", "vector.queries_per_s"}


@pytest.mark.parametrize(
    "damage",
    [
        {"recall": 1.5},
        {"recall": None},
        {"recall": float("nan")},
        {"mean_ms": -1},
        {"mean_ms": "1"},
        {"queries": 0},
        {"queries": 0.5},
        {"probes": 2**40},
        {"method": ""},
        {"in_place": None},
        {"index_used": "yes"},
        {"row_count": True},
    ],
)
def test_a_damaged_trial_is_refused(damage: dict[str, Any], tmp_path: Path, bench: Workbench) -> None:
    document = json.loads(ARTEFACT.read_text())
    document["trials"][1] |= damage
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ArtefactError, match=r"bad\.json: tried as perfkit-vectors: "):
        bench.ingest([path])
    assert bench.runs() == []


@pytest.mark.parametrize("change", [{"trials": {}}, {"trials": [7]}, {"source": 3}, {"k": -1}, {"perfkit_vector_trials": 9}, {"wanted_recall": 2}])
def test_another_shape_is_refused(change: dict[str, Any], tmp_path: Path, bench: Workbench) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(json.loads(ARTEFACT.read_text()) | change))
    with pytest.raises(ArtefactError, match=r"bad\.json: tried as perfkit-vectors: "):
        bench.ingest([path])


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(ARTEFACT, "perfkit-vectors", tmp_path)
