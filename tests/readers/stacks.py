"""What tests of sampling profilers ask of a file: the rows that its reader yields, and what happens when it is damaged."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.batch import Columns
from perfkit.readers import reader_named


class Rows:
    """The rows of one file by table."""

    def __init__(self, path: Path, name: str) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for batch in reader_named(name).read(path):
            if isinstance(batch, Columns):
                self.tables[batch.table] += [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
        self.frames = {row["frame_id"]: (row["function"], row["file"], row["line"]) for row in self.tables["frames"]}

    @property
    def nodes(self) -> list[dict[str, Any]]:
        return self.tables["profile_nodes"]

    def own(self) -> dict[str, float]:
        """Own weights by unit; roots must have the same totals."""
        own: dict[str, float] = defaultdict(float)
        roots: dict[str, float] = defaultdict(float)
        for row in self.nodes:
            own[row["unit"]] += row["self"]
            roots[row["unit"]] += row["total"] if row["parent_id"] is None else 0.0
        assert all(abs(own[unit] - roots[unit]) <= 1e-9 * max(own[unit], 1.0) for unit in own)
        return dict(own)

    def total_of(self, function: str, unit: str) -> float:
        """With what it calls, recursion once."""
        return sum(
            float(row["total"]) for row in self.nodes if row["unit"] == unit and not row["recursive"] and self.frames[row["frame_id"]][0] == function
        )

    def threads(self) -> set[str | None]:
        return {row["thread"] for row in self.nodes}


def outcomes_of_cuts(original: Path, name: str, folder: Path, pieces: int = 40) -> set[str]:
    """Read or refused with the file's name, never anything else."""
    content, outcomes = original.read_bytes(), set()
    for piece in range(pieces):
        damaged = folder / "damaged"
        damaged.write_bytes(content[: len(content) * piece // pieces])
        try:
            Rows(damaged, name)
            outcomes.add("read")
        except ArtefactError as error:
            assert "damaged" in str(error)
            outcomes.add("refused")
    return outcomes
