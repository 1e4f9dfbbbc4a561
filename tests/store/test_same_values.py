"""Columns that say the same in every row of a large batch are stored like any others."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.model.batch import Column, Columns
from perfkit.store.pending import BULK_ROWS
from perfkit.store.writer import Staging


@pytest.mark.parametrize("rows", [BULK_ROWS - 1, BULK_ROWS])
@pytest.mark.parametrize("varies", [True, False])
def test_rows_keep_their_columns_whether_or_not_they_differ(rows: int, varies: bool, tmp_path: Path) -> None:
    numbers = list(range(rows)) if varies else [7] * rows
    conditions = [None, *["Filter: a"] * (rows - 1)]
    columns: dict[str, Column] = {
        "plan_id": numbers,
        "node_id": [1] * rows,
        "node_type": ["Seq Scan"] * rows,
        "loops": [1.5] * rows,
        "condition": conditions,
    }
    with Staging(tmp_path) as staging:
        staging.add(Columns("plan_nodes", {**columns, "clamped": [False] * rows}), "7", "a.json")
        stored = staging.query(
            "select run_id, plan_id, node_id, node_type, loops, clamped, condition, io_ms from plan_nodes order by all nulls first"
        )[1]
    assert sorted(row[1] for row in stored) == numbers
    assert {(row[0], *row[2:6], row[7]) for row in stored} == {("7", 1, "Seq Scan", 1.5, False, None)}
    assert sorted(str(row[6]) for row in stored) == sorted(map(str, conditions))
