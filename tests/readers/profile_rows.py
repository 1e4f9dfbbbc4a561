"""The rows that a reader of profiles makes of a file, table by table, and what must hold for every tree."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from perfkit.model.batch import Batch, Columns
from perfkit.readers import reader_named

Rows = dict[str, list[dict[str, Any]]]


def rows_of(path: Path, name: str) -> Rows:
    """Every table's rows as dictionaries."""
    return rows_from(reader_named(name).read(path))


def rows_from(batches: Iterable[Batch]) -> Rows:
    """The same of what a part of a reader yields."""
    found: Rows = defaultdict(list)
    for batch in batches:
        if isinstance(batch, Columns):
            found[batch.table] += [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    return found


def written(folder: Path, document: object, name: str = "made.json") -> Path:
    """A JSON file."""
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def fact(rows: Rows, stat: str, unit: str) -> float:
    """A number that the file tells of itself."""
    [value] = [row["value"] for row in rows["profile_facts"] if (row["stat"], row["unit"]) == (stat, unit)]
    return float(value)


def totals(rows: Rows) -> dict[str, float]:
    """The roots' totals of each unit; own weights and samples add up to them."""
    found: dict[str, float] = {}
    for unit in {row["unit"] for row in rows["profile_nodes"]}:
        nodes = [row for row in rows["profile_nodes"] if row["unit"] == unit]
        found[unit] = math.fsum(row["total"] for row in nodes if row["parent_id"] is None)
        assert math.fsum(row["self"] for row in nodes) == pytest.approx(found[unit], rel=1e-9)
        own: dict[int, float] = defaultdict(float)
        for row in rows["profile_samples"]:
            if row["unit"] == unit:
                own[row["node_id"]] += row["weight"]
        if own:
            assert {row["node_id"]: row["self"] for row in nodes if row["self"]} == pytest.approx({key: value for key, value in own.items() if value})
    return found


def by_function(rows: Rows, unit: str) -> dict[str, float]:
    """Total of every function, recursion counted once."""
    names = {row["frame_id"]: row["function"] for row in rows["frames"]}
    found: dict[str, float] = defaultdict(float)
    for row in rows["profile_nodes"]:
        if row["unit"] == unit and not row["recursive"]:
            found[names[row["frame_id"]]] += row["total"]
    return dict(found)
