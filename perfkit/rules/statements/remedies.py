"""What to do about a repetition, by what the statement asks for."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.repeated_statements import RepeatedStatement
from perfkit.rules.statements.shapes import Shape, shape_of

TABLE = "\0"
"""Where an advice names its table."""


def instead_of_loop(rows: Sequence[RepeatedStatement]) -> str:
    """How to read what a loop reads row by row; tables that are read in the same way share a sentence."""
    tables: dict[str, list[str]] = {}
    for row in rows:
        tables.setdefault(_instead_of_rows(row, TABLE), []).append(shape_of(row.statement or "").table or "them")
    return " ".join(advice.replace(TABLE, " and ".join(dict.fromkeys(names))) for advice, names in tables.items())


def _instead_of_rows(row: RepeatedStatement, table: str) -> str:
    shape = shape_of(row.statement or "")
    if shape.counts:
        return f"Count for all rows at once: one select of {_column(shape)} and the count, with {_column(shape)} in (…), grouped by it."
    if shape.tests:
        return f"Ask for all rows at once: one select of {_column(shape)} with {_column(shape)} in (…), then look each key up in the set."
    if _is_subclass(shape):
        return f"Load the columns of {table} with the rows: selectin_polymorphic() in the query, or polymorphic_load='selectin' on the subclass."
    if shape.lazy:
        return f"Load {table} with the rows before, by selectinload()."
    if shape.by_orm and shape.without_key and shape.by_key:
        return f"Read {table} once for all rows: one select with {_column(shape)}.in_(keys); for deferred columns, undefer() in the query before."
    if shape.by_orm and shape.by_key and row.after_write:
        return (
            f"Every commit makes loaded rows of {table} forget their columns: expire_on_commit=False on the session, or read the rows again at once."
        )
    if shape.by_orm and _one_row_each(row, shape):
        return f"Load {table} with the rows before: joinedload() on a relationship; for a loop of get(), one select with {_column(shape)}.in_(keys)."
    if shape.by_orm:
        return f"Load {table} for all rows at once: selectinload() on a relationship, else one select with {_column(shape)}.in_(keys)."
    return f"Read {table} once for all rows: {_column(shape)} in (…), or = any(array), and look the results up by key."


def instead_of_repeating(row: RepeatedStatement) -> str:
    """How to read once what is read again."""
    return f"Read {shape_of(row.statement or '').table} once before the loop and pass the result on, or keep it in a dictionary for the request."


def instead_of_writes(row: RepeatedStatement) -> str:
    """How to write in one go."""
    shape = shape_of(row.statement or "")
    if shape.single_row:
        if shape.updates_instead:
            return (
                "Write the rows with one statement: several rows in its VALUES, or one executemany; what is to happen on a conflict stays as it is."
            )
        return "Write the rows with one statement: one executemany, in SQLAlchemy execute(insert(…), [rows]), or session.add_all() and one flush."
    if plain_verb(row) == "delete":
        return f"Delete the rows with one statement: where {_column(shape)} in (…), in SQLAlchemy delete(…).where({_column(shape)}.in_(keys))."
    return "Update the rows with one statement: one executemany, in SQLAlchemy execute(update(…), [rows]), or one update with a condition for all."


def instead_of_small_batches() -> str:
    """How large batches should be."""
    return "Make the batches larger, up to some hundred values a statement: every engine takes them, and each round trip then carries more."


def plain_verb(row: RepeatedStatement) -> str:
    """insert, update, delete, select, …"""
    return (row.statement or "").split(maxsplit=1)[0].lower() if row.statement else ""


def _one_row_each(row: RepeatedStatement, shape: Shape) -> bool:
    return shape.by_key and (row.rows_each is None or row.rows_each <= 1)


def _is_subclass(shape: Shape) -> bool:
    """The lazy form asks for the key of the table itself only where a subclass's columns are missing."""
    column = (shape.lazy or "").rpartition(".")
    return column[2] == "id" and column[0] == shape.table


def _column(shape: Shape) -> str:
    return (shape.column or "the key").strip('"`')
