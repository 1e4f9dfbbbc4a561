"""What a reader yields: rows for one named table, as columns or as a scan that the store executes; or what the artefact says of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from perfkit.model.run import Manifest


class Column(Protocol):
    """The values of one column: a list, or an array of numpy, masked where values are missing."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of one table, column by column; every column has the same length."""

    table: str
    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of {self.table} differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@dataclass(frozen=True, slots=True)
class Scan:
    """A select beside the reader that turns the file at $path into rows of one table, without Python seeing them."""

    table: str
    sql: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)


Batch = Columns | Scan | Manifest


def columns_of(table: str, records: Sequence[Any]) -> Columns:
    """Small formats build their columns from frozen dataclasses whose fields are the table's columns."""
    if not records:
        return Columns(table, {})
    names = [item.name for item in fields(records[0])]
    return Columns(table, {name: [getattr(record, name) for record in records] for name in names})
