"""Tables that are read whole too often, and a cache that does not hold what is read."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.database_cache import DatabaseCache
from perfkit.analyses.table_use import TableUse
from perfkit.model.finding import Finding
from perfkit.rules.catalog.words import count, length
from perfkit.rules.drafts import draft

INDEXED_SHARE, ROWS_AT_LEAST, SCANS_AT_LEAST = 0.95, 10_000.0, 10.0
HIT_SHARE, BUFFERS_AT_LEAST = 0.99, 10_000


def judge(tables: Sequence[TableUse], caches: Sequence[DatabaseCache]) -> list[Finding]:
    """One finding a table, one a database."""
    scanned = [_scanned(row) for row in tables if _is_scanned(row)]
    missing = [row for row in caches if row.n >= BUFFERS_AT_LEAST and row.hit_ratio < HIT_SHARE]
    return [*scanned, *(_missed(row, [table for table in tables if table.run_id == row.run_id]) for row in missing)]


def _is_scanned(row: TableUse) -> bool:
    scans = row.seq_scans + row.index_scans
    return (row.rows_live or 0) >= ROWS_AT_LEAST and row.seq_scans >= SCANS_AT_LEAST and row.index_scans / scans < INDEXED_SHARE


def _scanned(row: TableUse) -> Finding:
    scans = row.seq_scans + row.index_scans
    name = f"{row.schema}.{row.relation}"
    rows = (row.seq_rows or 0) / row.seq_scans
    when = f" in {length(row.until - row.since)}" if row.since and row.until else ""
    return draft(
        "table-read-whole",
        row.run_id,
        anchor=(name,),
        title=f"{name} was read whole in {count(row.seq_scans)} of {count(scans)} scans{when}",
        place=f"table {name}",
        saving_basis=f"{count(rows)} rows a scan, {count(row.seq_rows)} in all; which statements ask for them is in their plans",
        remedy="Find the statements (perfkit collect plans) and index what they filter by, unless they need most of the rows.",
        effort="MEDIUM",
    )


def _missed(row: DatabaseCache, tables: Sequence[TableUse]) -> Finding:
    worst = max(tables, key=lambda table: table.reads, default=None)
    most = f", {count(worst.reads)} of them for {worst.schema}.{worst.relation}" if worst and worst.reads else ""
    return draft(
        "cache-misses",
        row.run_id,
        anchor=(row.subject,),
        title=f"Only {row.hit_ratio:.1%} of the buffers that {row.subject} asked for were in shared_buffers",
        place=f"database {row.subject}",
        saving_basis=f"{count(row.n - row.hits)} of {count(row.n)} buffers were read from outside{most}; "
        "whether from the disk or from the operating system's cache, only track_io_timing tells",
        remedy="First look for statements that read more than they need; then raise shared_buffers, to a quarter of the memory as a rule.",
        effort="MEDIUM",
    )
