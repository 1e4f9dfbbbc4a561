"""Foreign keys whose referring table has no index for them."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.unindexed_keys import UnindexedKey
from perfkit.model.finding import Finding
from perfkit.rules.catalog.words import count
from perfkit.rules.drafts import draft

ROWS_AT_LEAST = 1000.0
"""A smaller table is read whole in less time than an index is looked up."""


def judge(rows: Sequence[UnindexedKey]) -> list[Finding]:
    """One finding a foreign key; a partitioned table, whose rows nobody counted, may be large."""
    return [_unindexed(row) for row in rows if row.rows_live is None or row.rows_live >= ROWS_AT_LEAST]


def _unindexed(row: UnindexedKey) -> Finding:
    listed = ", ".join(row.columns)
    whole = "the whole table" if row.rows_live is None else f"all {count(row.rows_live)} rows"
    deleted = f"; {count(row.deleted)} were deleted while it was counted" if row.deleted else "; none was deleted while it was counted"
    return draft(
        "foreign-key-without-index",
        row.run_id,
        anchor=(row.relation, row.constraint_name),
        title=f"Foreign key {row.constraint_name}: no index of {row.relation} begins with ({listed})",
        place=f"foreign key {row.constraint_name} of {row.relation}",
        saving_basis=f"each row deleted from {row.referenced}, or whose key changes, reads {whole} of {row.relation}{deleted}",
        remedy=f"create index concurrently on {row.relation} ({listed}); It costs every row that is inserted one entry.",
        effort="LOW",
        impact="MEDIUM" if row.deleted else "LOW",
    )
