"""Plans as readers give them, for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.model.batch import Columns
from perfkit.readers import reader_named

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
Row = dict[str, Any]


@dataclass(frozen=True)
class Read:
    """The rows of one file; details are read."""

    plans: list[Row]
    nodes: list[Row]

    def node(self, kind: str, **columns: Any) -> Row:
        """The only node of this type with these values."""
        [found] = [node for node in self.nodes if node["node_type"] == kind and all(node[name] == value for name, value in columns.items())]
        return found

    def hottest(self) -> Row:
        return max(self.nodes, key=lambda node: node["self_ms"])


def read_plans(path: Path, name: str) -> Read:
    """All plans of a file."""
    tables: dict[str, list[Row]] = {}
    for batch in reader_named(name).read(path):
        assert isinstance(batch, Columns)
        tables[batch.table] = [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    for row in [*tables["plans"], *tables["plan_nodes"]]:
        row["details"] = json.loads(row["details"])
    return Read(tables["plans"], tables["plan_nodes"])


def artefact(name: str) -> Read:
    """A plan that tests/artefacts/make_plans.py made."""
    return read_plans(ARTEFACTS / "pg_explain" / f"{name}.json", "pg-explain")
