"""A column of vectors in PostgreSQL: what the catalog says of it, and its vectors as numbers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.collectors.vector_recall import Floats, Metric
from perfkit.errors import UsageError

if TYPE_CHECKING:
    import psycopg

    Cursor = psycopg.RawCursor[Any]

OPERATORS: dict[Metric, str] = {"cosine": "<=>", "l2": "<->", "ip": "<#>"}
TYPES = ("vector", "halfvec")
HEADER = 4
"""Bytes before the numbers of a vector as the server sends it: dimensions and a reserve."""
COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = struct.pack("!h", -1)
SEED = 7
SPARE = 1.2
"""A sample of rows is drawn by chance: so many times what is needed is asked for."""

COLUMN = """
    select relation.oid::regclass::text, attribute.attname, type.typname, type.typnamespace::regnamespace::text, relation.relkind::text,
        relation.oid
    from pg_class relation join pg_attribute attribute on attribute.attrelid = relation.oid join pg_type type on type.oid = attribute.atttypid
    where relation.oid = to_regclass($1) and attribute.attname = $2 and not attribute.attisdropped
"""
INDEXES = """
    select index.indexrelid::regclass::text, class.relname, method.amname, operators.opcname, coalesce(class.reloptions, '{}'),
        pg_relation_size(index.indexrelid)
    from pg_index index join pg_class class on class.oid = index.indexrelid join pg_am method on method.oid = class.relam
        join pg_opclass operators on operators.oid = index.indclass[0]
        join pg_attribute attribute on attribute.attrelid = index.indrelid and attribute.attnum = index.indkey[0]
    where index.indrelid = $1 and attribute.attname = $2 and method.amname in ('hnsw', 'ivfflat') and index.indisvalid
        and index.indpred is null
    order by 1
"""


@dataclass(frozen=True, slots=True)
class Column:
    """Where the vectors are."""

    table: str
    """Quoted and qualified as far as it is necessary."""
    name: str
    type: str
    schema: str
    """Of the extension, where its types and operators are."""
    oid: int

    @property
    def quoted(self) -> str:
        return '"' + self.name.replace('"', '""') + '"'

    @property
    def title(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(frozen=True, slots=True)
class Index:
    """An index of vectors that is there."""

    name: str
    method: str
    metric: Metric | None
    """None: of a metric that is not measured here."""
    options: dict[str, int]
    bytes: int
    operator_class: str


def column_of(cursor: Cursor, table: str, name: str) -> Column:
    """The column, or why it cannot be searched."""
    row = cursor.execute(COLUMN, [table, name]).fetchone()
    if row is None:
        raise UsageError(f"There is no column {name!r} in a table {table!r}, or this role may not see it. Write a name with capitals in quotes.")
    if row[2] not in TYPES:
        raise UsageError(f"{table}.{name} is of type {row[2]}, not {' or '.join(TYPES)}.")
    if row[4] not in "rpm":
        raise UsageError(f"{table} is a view: name the table that holds the vectors.")
    return Column(row[0], row[1], row[2], row[3], row[5])


def indexes_of(cursor: Cursor, column: Column) -> list[Index]:
    """Its vector indexes."""
    rows = cursor.execute(INDEXES, [column.oid, column.name]).fetchall()
    return [Index(name, method, _metric(opclass), _numbers(options), size, opclass) for _, name, method, opclass, options, size in rows]


def count(cursor: Cursor, column: Column) -> int:
    """Rows that have a vector."""
    row = cursor.execute(f"select count(*) from {column.table} where {column.quoted} is not null".encode()).fetchone()
    return int(row[0]) if row else 0


def sampled(cursor: Cursor, column: Column, wanted: int, there: int, *, keyed: bool = False) -> tuple[list[str], Floats]:
    """So many rows drawn by chance, the same ones each time: their places, where asked for, and their vectors."""
    share = min(100.0, 100.0 * (wanted * SPARE + 100) / max(there, 1))
    drawn = f" tablesample bernoulli ({share:.8f}) repeatable ({SEED})" if share < 100 else ""
    place = "ctid::text" if keyed else "''"
    rows = cursor.execute(
        f"select {place}, {column.quoted}::{column.schema}.vector from {column.table}{drawn} where {column.quoted} is not null".encode(), binary=True
    ).fetchall()
    order = np.random.default_rng(SEED).permutation(len(rows))[:wanted]
    chosen = [rows[number] for number in order]
    return [str(row[0]) for row in chosen], as_numbers([row[1] for row in chosen], column.title)


def as_numbers(sent: Sequence[bytes], title: str) -> Floats:
    """Vectors in the server's binary form; all must have the same number of dimensions."""
    if not sent:
        return np.zeros((0, 0), dtype=np.float32)
    if len({len(item) for item in sent}) > 1:
        raise UsageError(f"{title} holds vectors of several dimensions, which no index can hold together.")
    table = np.frombuffer(b"".join(sent), dtype=np.uint8).reshape(len(sent), -1)[:, HEADER:]
    return np.ascontiguousarray(table).view(">f4").astype(np.float32)


def as_literal(vector: Floats) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.9g}" for value in vector.tolist()) + "]"


def as_copy(vectors: Floats) -> bytes:
    """Rows of number and vector for COPY (FORMAT BINARY)."""
    dimensions = vectors.shape[1]
    row = np.dtype(
        [("fields", ">i2"), ("n1", ">i4"), ("id", ">i4"), ("n2", ">i4"), ("dimensions", ">i2"), ("reserve", ">i2"), ("values", ">f4", dimensions)]
    )
    table = np.zeros(len(vectors), dtype=row)
    table["fields"], table["n1"], table["n2"], table["dimensions"] = 2, 4, HEADER + 4 * dimensions, dimensions
    table["id"], table["values"] = np.arange(len(vectors)), vectors
    return COPY_BEGIN + table.tobytes() + COPY_END


def operator_class(column: Column, metric: Metric) -> str:
    """What an index of the column must be made with to serve the metric."""
    return f"{column.schema}.{column.type}_{metric}_ops"


def _metric(opclass: str) -> Metric | None:
    return next((metric for metric in OPERATORS if opclass.endswith(f"_{metric}_ops")), None)


def _numbers(options: Sequence[str]) -> dict[str, int]:
    pairs = (text.partition("=") for text in options)
    return {name: int(value) for name, _, value in pairs if value.isdigit()}
