"""Which runs can answer a question at all? A .sql file may name its evidence: a run that has none of it adds no row to the answer.

The line `-- evidence: spans.db, spans.http` names tables that hold rows of runs, or spans of one kind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

from perfkit.store.engine import duckdb

NAMED = re.compile(r"^-- evidence: (?P<names>.+)$", re.MULTILINE)
TOLD_APART = {"spans": "select distinct run_id, 'spans.' || kind from spans where list_contains($run_ids, run_id)"}
"""Tables whose rows answer different questions, by a column."""
ANY_ROW = "select run_id, '{0}' from (select unnest($run_ids) as run_id) as asked where exists (from {0} where {0}.run_id = asked.run_id)"


@cache
def text_of(question: Path) -> str:
    """A .sql file, read once."""
    return question.read_text(encoding="utf-8")


@cache
def evidence_for(question: Path) -> frozenset[str]:
    """What a question names; empty where it names nothing and every run may answer it."""
    named = NAMED.search(text_of(question))
    return frozenset(named["names"].split(", ")) if named else frozenset()


def table_of(name: str) -> str:
    """The table that a piece of evidence lies in: spans for spans.db."""
    return name.partition(".")[0]


def evidence_of(connection: duckdb.DuckDBPyConnection, run_ids: Sequence[str], tables: Collection[str]) -> dict[tuple[str, str], set[str]]:
    """Of each run and table what the run holds there: nothing, or the table's name, and of spans their kinds."""
    looks = " union all ".join(TOLD_APART.get(table, ANY_ROW.format(table)) for table in tables)
    held: dict[tuple[str, str], set[str]] = {(run_id, table): set() for run_id in run_ids for table in tables}
    for run_id, name in connection.execute(looks, {"run_ids": list(run_ids)}).fetchall():
        held[run_id, table_of(name)].update((name, table_of(name)))
    return held
