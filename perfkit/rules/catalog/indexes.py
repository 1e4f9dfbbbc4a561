"""Indexes that are broken, bloated, full of nulls, or that another index covers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from perfkit.analyses.index_use import IndexUse
from perfkit.model.finding import Finding
from perfkit.rules.catalog.words import anchor, as_sql, columns, dropping, place, size, write_cost
from perfkit.rules.drafts import draft

NULLS_AT_LEAST, NULL_SHARE = 10e6, 0.5
"""Bytes that entries of nulls take, and their share of the index."""
BLOAT_AT_LEAST, BLOAT_SHARE = 100e6, 0.3
NO_TIME = "the counters say what it occupies, not how long a statement waits for it"


def judge(rows: Sequence[IndexUse]) -> list[Finding]:
    """One finding an index and cause; a broken index is nothing else besides."""
    whole = [row for row in rows if row.is_valid is not False]
    return [
        *(_invalid(row) for row in rows if row.is_valid is False),
        *(_covered(row, better) for row, better in covered(rows)),
        *(_nulls(row) for row in whole if _is_of_nulls(row)),
        *(_bloated(row) for row in whole if _is_bloated(row)),
    ]


def covered(rows: Sequence[IndexUse]) -> list[tuple[IndexUse, IndexUse]]:
    """Indexes that nothing would miss, each with the smallest other that does all that it does."""
    groups: dict[tuple[str | None, ...], list[IndexUse]] = defaultdict(list)
    for row in rows:
        if row.is_valid and row.keys:
            groups[row.run_id, row.schema, row.relation, row.method, row.predicate].append(row)
    found = []
    for group in groups.values():
        for row in group:
            better = [other for other in group if other is not row and _replaces(other, row)]
            if better:
                found.append((row, min(better, key=lambda other: (len(other.keys or ()), other.index_name))))
    return found


def is_free(row: IndexUse) -> bool:
    """Whether only searches need it: it forbids nothing and nothing depends on it."""
    return row.is_unique is False and not row.is_needed


def _replaces(other: IndexUse, row: IndexUse) -> bool:
    if not is_free(row) or not _covers(other, row):
        return False
    both_ways = is_free(other) and _covers(row, other)
    return not both_ways or _rank(other) < _rank(row)


def _covers(other: IndexUse, row: IndexUse) -> bool:
    """Only a b-tree serves searches by its first keys as well as one that has no more."""
    mine, theirs = row.keys or [], other.keys or []
    same = mine == theirs or (row.method == "btree" and mine == theirs[: len(mine)])
    return same and set(row.included or ()) <= {*(other.columns or ()), *(other.included or ())}


def _rank(row: IndexUse) -> tuple[float, str]:
    """Of two that do the same, the one that is used more comes first, and stays."""
    return (-row.scans_total, row.index_name)


def _invalid(row: IndexUse) -> Finding:
    leftover = row.index_name.rstrip("0123456789").endswith(("_ccnew", "_ccold"))
    promise = " It guarantees no uniqueness: find the equal rows first." if row.is_unique else ""
    again = "" if leftover else f" Then create it again: {(row.definition or '').replace('INDEX', 'INDEX CONCURRENTLY', 1)};"
    return draft(
        "index-invalid",
        row.run_id,
        anchor=anchor(row),
        title=f"Index {row.index_name} of {row.relation} is invalid: its creation failed half-way, so it is maintained and never used",
        place=place(row),
        saving_basis=f"{write_cost(row)}; no search may use it",
        remedy=f"{dropping(row)}{promise}{again}",
        effort="LOW",
    )


def _covered(row: IndexUse, other: IndexUse) -> Finding:
    same = row.keys == other.keys
    what = "is the same as" if same else "is the beginning of"
    unless = "" if same else f" Keep it only where its smaller size matters to frequent searches ({size(row.bytes)} instead of {size(other.bytes)})."
    return draft(
        "index-duplicate",
        row.run_id,
        anchor=anchor(row),
        title=f"Index {row.index_name} {columns(row)} of {row.relation} {what} {other.index_name} {columns(other)}",
        place=place(row),
        cause=other.index_name,
        saving_basis=f"{write_cost(row)}; {other.index_name} serves the same searches",
        remedy=f"{dropping(row)}{unless}",
        effort="LOW",
    )


def _is_of_nulls(row: IndexUse) -> bool:
    share = row.null_fraction or 0.0
    return row.method == "btree" and row.predicate is None and share >= NULL_SHARE and share * (row.bytes or 0) >= NULLS_AT_LEAST


def _nulls(row: IndexUse) -> Finding:
    first = (row.columns or ["its first column"])[0]
    return draft(
        "index-of-nulls",
        row.run_id,
        anchor=anchor(row),
        title=f"{row.null_fraction:.0%} of index {row.index_name} of {row.relation} are nulls in {first}",
        place=place(row),
        saving_basis=f"share of nulls × {size(row.bytes)}, {size((row.null_fraction or 0) * (row.bytes or 0))}; {NO_TIME}",
        remedy=f"Unless something searches for {first} is null, create it again with: where {first} is not null; and then {dropping(row)}",
        effort="LOW",
    )


def _is_bloated(row: IndexUse) -> bool:
    empty = row.bloat_bytes or 0.0
    return empty >= BLOAT_AT_LEAST and empty >= BLOAT_SHARE * (row.bytes or 0.0)


def _bloated(row: IndexUse) -> Finding:
    share = (row.bloat_bytes or 0.0) / (row.bytes or 1.0)
    return draft(
        "index-bloated",
        row.run_id,
        anchor=anchor(row),
        title=f"About {share:.0%} of index {row.index_name} of {row.relation} is empty: {size(row.bloat_bytes)} of {size(row.bytes)}",
        place=place(row),
        saving_basis=f"size less what a freshly built index of these columns takes; {NO_TIME}. `collect catalog --exact-bloat` measures it",
        remedy=f"reindex index concurrently {as_sql(row)};",
        effort="LOW",
    )
