"""Connections that run out, and transactions that wait for their client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from perfkit.analyses.database_connections import DatabaseConnections
from perfkit.model.finding import Finding
from perfkit.rules.catalog.words import count, length
from perfkit.rules.drafts import draft

MANY, FULL_SHARE = 500.0, 0.8
IDLE_S = 60.0


def judge(rows: Sequence[DatabaseConnections]) -> list[Finding]:
    """One finding a cause and database."""
    return [*(_many(row) for row in rows if _is_full(row)), *(_idle(row) for row in rows if row.longest_idle_s >= IDLE_S)]


def _is_full(row: DatabaseConnections) -> bool:
    return row.connections >= MANY or (row.most_allowed is not None and row.connections >= FULL_SHARE * row.most_allowed)


def _many(row: DatabaseConnections) -> Finding:
    allowed = f" of {count(row.most_allowed)} that it lets in" if row.most_allowed else ""
    return draft(
        "connections-many",
        row.run_id,
        anchor=(row.subject,),
        title=f"{count(row.connections)} clients were connected at once{allowed}",
        place=f"database {row.subject}",
        saving_basis=f"the most seen in {count(row.n)} looks; the next one beyond the limit is refused, and each takes memory",
        remedy="Give each application a pool with a limit, or put a pooler in front; raise max_connections only when memory allows.",
        effort="MEDIUM",
        impact="MEDIUM",
    )


def _idle(row: DatabaseConnections) -> Finding:
    return draft(
        "idle-in-transaction",
        row.run_id,
        anchor=(row.subject,),
        title=f"A client held a transaction open for {length(timedelta(seconds=row.longest_idle_s))} without working",
        place=f"database {row.subject}",
        saving_basis=f"the longest seen in {count(row.n)} looks, {count(row.idle_in_transaction)} at once at the most; its locks block others, "
        "and vacuum can remove no row that died since",
        remedy="End transactions before calling other services or waiting for input; set idle_in_transaction_session_timeout as a safeguard.",
        effort="MEDIUM",
        impact="MEDIUM",
    )
