"""Statements sent again and again within one request: N+1, duplicates, write loops."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perfkit.analyses.repeated_statements import RepeatedStatement, repeated_statements
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft, place_of
from perfkit.store import Store

MANY = 5
"""Executions in one request from which a repetition is a loop."""
FEW_BUT_PROVED = 2
"""The same, where an earlier statement returned about as many rows."""
DUPLICATE_SHARE = 0.2
SIMILAR_COUNT = 1.2
BASIS = "time from each execution's start to the next call's, so with the work on its rows, for all executions but one"

PLACEHOLDER = r"(?:\?|%s|%\(\w+\)s|\$\d+|:\w+)(?:::\w+)?"
PROBE = re.compile(rf"[\w\"\].]+\s*=\s*{PLACEHOLDER}|{PLACEHOLDER}\s*=\s*[\w\"]", re.IGNORECASE)
BATCHED = re.compile(rf"\bin\s*\(\s*{PLACEHOLDER}\s*,|=\s*any\s*\(|\bin\s*\(\s*__\[?", re.IGNORECASE)
PAGED = re.compile(r"\blimit\b.*\boffset\b", re.IGNORECASE | re.DOTALL)
WRITE = re.compile(r"^\s*(insert|update|delete|merge)\b", re.IGNORECASE)
TABLE = re.compile(r"\b(?:from|into|update)\s+\"?([\w.]+)", re.IGNORECASE)


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every traced run."""
    return judge(repeated_statements(store, run_ids))


def judge(rows: Sequence[RepeatedStatement]) -> list[Finding]:
    """One finding a statement and place, where the repetition is a loop."""
    findings = [_finding(row) for row in rows]
    return [finding for finding in findings if finding is not None]


def _finding(row: RepeatedStatement) -> Finding | None:
    text = row.statement or ""
    if WRITE.match(text):
        return _write_loop(row) if row.per_request >= MANY else None
    if row.distinct_share <= DUPLICATE_SHARE:
        return _duplicate(row) if row.per_request >= MANY else None
    if BATCHED.search(text) or PAGED.search(text) or not PROBE.search(text):
        return None
    return _n_plus_one(row) if _is_loop(row) else None


def _is_loop(row: RepeatedStatement) -> bool:
    if row.per_request >= MANY:
        return True
    parents = row.parent_rows or 0
    return row.per_request >= FEW_BUT_PROVED and parents >= FEW_BUT_PROVED and parents / SIMILAR_COUNT <= row.per_request <= parents * SIMILAR_COUNT


def _n_plus_one(row: RepeatedStatement) -> Finding:
    table = _table(row)
    parent = f", one for each of the {row.parent_rows:.0f} rows read before" if row.parent_rows else ""
    return draft(
        "n-plus-one",
        row.run_id,
        title=f"N+1: {row.per_request:.0f} statements on {table} in one request{parent}",
        place=place_of(row.file, row.line, _statement(row)),
        cause=row.fingerprint,
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.elapsed_ms,
        saves_ms=row.elapsed_ms * (1 - 1 / row.per_request),
        saving_basis=BASIS,
        remedy=f"Load {table} with the parent rows: selectinload() for a collection, joinedload() for a single row, or one IN (…) statement.",
        effort="LOW",
    )


def _duplicate(row: RepeatedStatement) -> Finding:
    return draft(
        "duplicate-statement",
        row.run_id,
        title=f"The same statement on {_table(row)} with the same parameters {row.per_request:.0f} times in one request",
        place=place_of(row.file, row.line, _statement(row)),
        cause=row.fingerprint,
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.elapsed_ms,
        saves_ms=row.elapsed_ms * (1 - 1 / row.per_request),
        saving_basis=BASIS,
        remedy="Read it once before the loop and pass the result on.",
        effort="LOW",
    )


def _write_loop(row: RepeatedStatement) -> Finding:
    return draft(
        "write-loop",
        row.run_id,
        title=f"{row.per_request:.0f} single-row writes to {_table(row)} in one request",
        place=place_of(row.file, row.line, _statement(row)),
        cause=row.fingerprint,
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.elapsed_ms,
        saves_ms=row.elapsed_ms * (1 - 1 / row.per_request),
        saving_basis=BASIS,
        remedy="Write the rows with one statement: insert().values([…]) or executemany.",
        effort="LOW",
    )


def _table(row: RepeatedStatement) -> str:
    match = TABLE.search(row.statement or "")
    return match[1] if match else "one table"


def _statement(row: RepeatedStatement) -> str:
    return " ".join((row.statement or row.fingerprint).split())[:100]
