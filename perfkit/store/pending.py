"""Rows wait in Python's memory: those of small batches until there are enough of them, arrays until somebody asks for them or they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

from perfkit.model.batch import Column, Columns
from perfkit.store.engine import duckdb

BULK_ROWS = 10_000
"""Batches of this size are written as they come; smaller ones of lists wait for each other."""
GLOBAL_TABLES = {"frames": "frame_id"}
"""Tables that runs share, with the key that follows from the row's content."""


@dataclass(slots=True)
class Pending:
    """Column lists of one table that wait to be written together."""

    rows: int = 0
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def extend(self, columns: Mapping[str, Column], constants: Mapping[str, Any]) -> None:
        added = len(next(iter(columns.values()), ()))
        for name, values in columns.items():
            self.columns.setdefault(name, [None] * self.rows).extend(values)
        for name, value in constants.items():
            self.columns.setdefault(name, [None] * self.rows).extend([value] * added)
        self.rows += added
        for values in self.columns.values():
            values.extend([None] * (self.rows - len(values)))


@dataclass(frozen=True, slots=True)
class Arrays:
    """Rows of one artefact for one table, as arrays of numpy, which DuckDB reads where they are."""

    table: str
    token: str
    rows: int
    columns: Mapping[str, Column]
    same: Mapping[str, Any]
    """The columns that say the same in all rows."""

    @classmethod
    def of(cls, batch: Columns, token: str) -> Self:
        """What a reader yielded."""
        import numpy

        told = columns_told(batch.columns)
        same = same_in_all({name: values for name, values in told.items() if isinstance(values, list)})
        varied = {name: values for name, values in told.items() if name not in same}
        arrays = {name: cast("Column", numpy.array(values, object)) if isinstance(values, list) else values for name, values in varied.items()}
        return cls(batch.table, token, len(batch), arrays, same)

    def insert(self, connection: duckdb.DuckDBPyConnection, run_id: str, database: str = "memory") -> None:
        """Write the rows to a database's table, under this run id where its rows have one."""
        given = dict(self.columns)  # noqa: F841  DuckDB reads it
        constants = dict(self.same) if self.table in GLOBAL_TABLES else {"run_id": run_id, **self.same}
        connection.execute(inserting(self.table, "given", constants, database), constants or None)

    def frames(self, connection: duckdb.DuckDBPyConnection) -> list[int]:
        """The different frames that the rows name, if they name any."""
        given = dict(self.columns)
        return [row[0] for row in connection.execute("select distinct frame_id from given").fetchall()] if "frame_id" in given else []


def has_arrays(columns: Mapping[str, Column]) -> bool:
    """Of numpy, which are no sequences of Python's."""
    return not all(isinstance(values, Sequence) for values in columns.values())


def columns_told(columns: Mapping[str, Column]) -> Mapping[str, Column]:
    """Those that have a value in any row; all where none has."""
    return {name: values for name, values in columns.items() if any(value is not None for value in values)} or columns


def same_in_all(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The columns of many rows that say the same in all of them."""
    rows = len(next(iter(columns.values()), ()))
    if rows < BULK_ROWS:
        return {}
    return {name: values[0] for name, values in columns.items() if isinstance(values[0], str | int | float) and values.count(values[0]) == rows}


def inserting(table: str, source: str, constants: Mapping[str, Any], database: str = "memory") -> str:
    """The statement that takes rows from a source; of what runs share, those that are not there yet."""
    named = ", ".join([*(f"${name} as {name}" for name in constants), "*"])
    once, new = (f"distinct on ({key})", f"anti join {table} using ({key})") if (key := GLOBAL_TABLES.get(table)) else ("", "")
    return f"insert into {database}.{table} by name select {once} {named} from {source} {new}"
