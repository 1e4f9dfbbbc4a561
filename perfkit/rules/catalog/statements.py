"""Statements that are slow and frequent, or that take a large part of the server's time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from perfkit.analyses.statement_owners import StatementOwner
from perfkit.analyses.statement_use import StatementUse
from perfkit.model.finding import Finding
from perfkit.rules.catalog.words import count
from perfkit.rules.drafts import draft, place_of
from perfkit.units import format_quantity

SLOW_MS, CALLS_AT_LEAST = 20.0, 100
LARGE_SHARE, LARGE_MS = 0.10, 500.0
"""A tenth of next to nothing is nothing."""
ADMINISTRATION = re.compile(
    r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(alter|analyze|begin|checkpoint|cluster|comment|commit|create|drop|explain|grant|reindex|reset|revoke|rollback|"
    r"savepoint|set|show|start|truncate|vacuum)\b",
    re.IGNORECASE | re.DOTALL,
)


def judge(rows: Sequence[StatementUse], owners: Mapping[str, StatementOwner]) -> list[Finding]:
    """One finding a statement of the application's."""
    return [_slow(row, owners.get(row.fingerprint or "")) for row in rows if _matters(row) and not ADMINISTRATION.match(row.statement)]


def _matters(row: StatementUse) -> bool:
    slow = row.mean_ms >= SLOW_MS and row.calls >= CALLS_AT_LEAST
    return slow or (row.share >= LARGE_SHARE and row.total_ms >= LARGE_MS)


def _slow(row: StatementUse, owner: StatementOwner | None) -> Finding:
    times, mean, total = f"{count(row.calls)} executions", format_quantity(row.mean_ms, "ms"), format_quantity(row.total_ms, "ms")
    longest = f"; the longest took {format_quantity(row.max_ms, 'ms')}" if row.max_ms is not None else ""
    return draft(
        "statement-slow",
        row.run_id,
        anchor=(row.fingerprint or row.statement,),
        title=f"{row.share:.0%} of the server's time for statements: {times} of {mean}: {row.subject}",
        place=place_of(owner.file if owner else None, owner.line if owner else None, row.subject),
        cause=row.statement,
        subject=owner.subject if owner else None,
        file=owner.file if owner else None,
        line=owner.line if owner else None,
        cost_ms=row.mean_ms,
        saving_basis=f"mean time of an execution, {total} in all{longest}; what can be saved is in its plan",
        remedy="Look at its plan with `perfkit collect plans`; where it is short and frequent, look for the loop that sends it.",
        effort="MEDIUM",
        impact="MEDIUM" if row.share >= LARGE_SHARE else "LOW",
    )
