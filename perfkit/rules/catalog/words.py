"""How catalog rules speak of indexes, numbers and lengths of time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from perfkit.analyses.index_use import IndexUse
from perfkit.units import format_quantity

NAME = r'(?:"(?:[^"]|"")+"|[^\s".]+)'
DEFINED = re.compile(rf"INDEX (?P<index>{NAME}) ON (?:ONLY )?(?:(?P<schema>{NAME})\.)?(?P<table>{NAME}) USING")
STEPS = ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))


def count(value: float | None) -> str:
    return format_quantity(round(value or 0), "count")


def size(value: float | None) -> str:
    return format_quantity(value, "bytes")


def length(span: timedelta) -> str:
    """One number with its unit, such as 36 days."""
    seconds = max(span.total_seconds(), 0.0)
    of, unit = next((step for step in STEPS if seconds >= 2 * step[0]), STEPS[-1])
    amount = round(seconds / of)
    return f"{amount} {unit if amount != 1 else unit.removesuffix('s')}"


def day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def place(row: IndexUse) -> str:
    return f"index {row.index_name} of {row.schema}.{row.relation}"


def anchor(row: IndexUse) -> tuple[str, ...]:
    """What stays of an index's problem while sizes and counts change; its name may differ from another's by a number."""
    return (row.schema, row.relation, row.index_name)


def as_sql(row: IndexUse) -> str:
    """The index's name as SQL needs it, with its schema; a partitioned one's is so already."""
    defined = DEFINED.search(row.definition or "")
    if row.partitioned or defined is None or defined["schema"] is None:
        return row.index_name
    return f"{defined['schema']}.{defined['index']}"


def columns(row: IndexUse) -> str:
    included = f" include ({', '.join(row.included)})" if row.included else ""
    return f"({', '.join(row.columns or ())}){included}"


def dropping(row: IndexUse) -> str:
    """The index of a partitioned table cannot be dropped without a lock."""
    return f"drop index {'' if row.partitioned else 'concurrently '}{as_sql(row)};"


def write_cost(row: IndexUse) -> str:
    """What keeping the index costs, as far as the counters say."""
    costs = [f"It takes {size(row.bytes)}"]
    if row.rows_written and row.since and row.until:
        costs.append(f"and each of the {count(row.rows_written)} rows written in {length(row.until - row.since)} had to be entered in it")
    elif row.since is not None:
        costs.append("and every row that is inserted, or updated elsewhere than in place, has to be entered in it")
    return " ".join(costs)
