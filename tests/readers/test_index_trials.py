"""The artefact of index trials is read as it was written, and refused where it is damaged."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from perfkit.analyses.index_trials import index_trials
from perfkit.collectors.index_trials import Trial
from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench

TRIED = Trial(
    trial=0,
    relation="items",
    definition="create index concurrently on items (kind, price)",
    columns=["kind", "price"],
    statement="select * from items where kind = 7",
    plan_run_id="plans",
    plan_id=2,
    node_id=5,
    used=True,
    cost_before=6463.0,
    cost_after=8.4,
    before_ms=41.25,
    after_ms=0.2,
    build_ms=280.5,
    bytes=6_600_000,
    table_bytes=21_000_000,
    write_cost=0.314,
)
REFUSED = Trial(1, "items", "create index concurrently on items (id)", ["id"], "select 1", "plans", 3, 0, refused="the server has no table items")


def written(path: Path, *trials: dict[str, Any], form: object = 1) -> Path:
    path.write_text(json.dumps({"perfkit_index_trials": form, "trials": list(trials)}))
    return path


def test_every_trial_comes_back_as_it_was_written(tmp_path: Path, bench: Workbench) -> None:
    [stored] = bench.ingest([written(tmp_path / "trials.json", asdict(TRIED), asdict(REFUSED))])
    assert (stored.format, stored.rows, bench.runs()[0].kind) == ("index-trials", {"index_trials": 2}, "trials")
    rows = index_trials(bench.store, [stored.run_id])
    for row, trial in zip(rows, (TRIED, REFUSED), strict=True):
        known = asdict(trial)
        assert {name: getattr(row, name) for name in known if name != "columns"} == {name: known[name] for name in known if name != "columns"}
    assert rows[0].saved == 1 - 0.2 / 41.25 and rows[1].saved == 0


def test_a_file_without_a_trial_is_refused(tmp_path: Path, bench: Workbench) -> None:
    with pytest.raises(ArtefactError):
        bench.ingest([written(tmp_path / "trials.json")])


@pytest.mark.parametrize(
    "damage",
    [
        {"trial": None},
        {"trial": 1.5},
        {"plan_id": 2**40},
        {"used": 1},
        {"before_ms": "41"},
        {"bytes": -1},
        {"definition": ""},
        {"columns": "kind"},
        {"columns": [1]},
        {"refused": 7},
    ],
)
def test_a_damaged_trial_is_refused(damage: dict[str, Any], tmp_path: Path, bench: Workbench) -> None:
    with pytest.raises(ArtefactError, match="index-trials"):
        bench.ingest([written(tmp_path / "trials.json", asdict(TRIED) | damage)])


@pytest.mark.parametrize("form", [2, "1", None])
def test_an_unknown_form_is_refused(form: object, tmp_path: Path, bench: Workbench) -> None:
    with pytest.raises(ArtefactError):
        bench.ingest([written(tmp_path / "trials.json", asdict(TRIED), form=form)], as_format="index-trials")
