"""Rows that a reader yields as arrays are stored as they are, once, and like all others: whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from perfkit.model.batch import Column, Columns
from perfkit.model.run import Manifest, run_from
from perfkit.readers.parts.columns import FEW
from perfkit.store import Store, writer
from perfkit.store.engine import duckdb
from perfkit.store.vault import Kept
from perfkit.store.writer import Staged, Staging, commit
from perfkit.workbench import Workbench

ROWS = "select * exclude (run_id) from profile_nodes order by node_id"
WIDE = "".join(f"main (/srv/app/main.py);step_{number % 300};call_{number} {number % 3 + 1}\n" for number in range(FEW + 1))


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    path = tmp_path / "wide.folded"
    path.write_text(WIDE)
    return path


def test_rows_are_the_same_whether_they_waited_or_were_asked_for(wide: Path, bench: Workbench) -> None:
    with bench.looking([wide]) as (staging, [looked]):
        asked = staging.query(ROWS)[1]
    [stored] = bench.ingest([wide])
    assert stored.rows == looked.rows
    assert bench.store.query(ROWS)[1] == asked


def test_rows_that_are_too_many_to_wait_are_staged(wide: Path, bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (again := tmp_path / "again.folded").write_text(f"{WIDE}more 1\n")
    monkeypatch.setattr(writer, "MOST_WAITING", int(1.5 * FEW))
    first, second = bench.ingest([wide, again])
    assert (first.rows["profile_nodes"], second.rows["profile_nodes"]) == (FEW + 302, FEW + 303)
    assert bench.store.rows_of(first.run_id) == first.rows
    assert {run.root for run in bench.runs()} == {"/srv/app"}


def test_arrays_that_do_not_fit_their_table_store_nothing(tmp_path: Path) -> None:
    store, now = Store(tmp_path / "store.duckdb"), datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    run = run_from(Manifest(started_at=now), "f" * 64, "profile", "folded")
    with Staging(tmp_path) as staging:
        for number in (0, -1):
            rows: dict[str, Column] = {"node_id": np.full(3, number), "unit": ["wall_s"] * 3, "at_ms": np.zeros(3), "weight": np.ones(3)}
            staging.add(Columns("profile_samples", rows), "0", "made")
        with pytest.raises(duckdb.Error, match="-1"):
            commit(store, staging, [Staged("0", run, Kept("f" * 64, "made", 1, 1, tmp_path / "made", compressed=False), now)])
    assert store.query("select (select count(*) from runs), (select count(*) from profile_samples), (select count(*) from artefacts)")[1] == [
        (0, 0, 0)
    ]
