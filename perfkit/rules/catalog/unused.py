"""Indexes that nobody uses, as far as the counters are old enough to say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from perfkit.analyses.index_use import IndexUse
from perfkit.model.finding import Finding, Level
from perfkit.rules.catalog.indexes import covered, is_free
from perfkit.rules.catalog.words import anchor, count, day, dropping, length, place, size, write_cost
from perfkit.rules.drafts import draft

SIZE_AT_LEAST = 1e6
AGE_AT_LEAST = timedelta(days=1)
"""Of counters that saw no scan: younger ones prove nothing."""
LONG = timedelta(days=35)
"""Longer than the work that comes once a month."""
RARE = 50
"""Scans in a long time."""


def judge(rows: Sequence[IndexUse]) -> list[Finding]:
    """One finding an index that is proved to be unused, and one a run for all that only seem so."""
    told = {id(row) for row, _ in covered(rows)}
    candidates = [row for row in rows if _could_go(row) and id(row) not in told]
    seeming: dict[str, list[IndexUse]] = defaultdict(list)
    for row in candidates:
        if row.scans_total == 0 and counted_for(row) < AGE_AT_LEAST:
            seeming[row.run_id].append(row)
    return [*(_unused(row) for row in candidates if _is_proved(row)), *map(_unproved, seeming.values())]


def counted_for(row: IndexUse) -> timedelta:
    """How long the server has counted the index's scans for certain."""
    since = row.counting_since or row.since
    return row.until - since if since and row.until else timedelta(0)


def _could_go(row: IndexUse) -> bool:
    return is_free(row) and row.is_valid is True and (row.bytes or 0) >= SIZE_AT_LEAST and row.scans == 0


def _is_proved(row: IndexUse) -> bool:
    if row.scans_total == 0:
        return counted_for(row) >= AGE_AT_LEAST
    if row.last_scan and row.until:
        return row.until - row.last_scan >= LONG
    return row.scans_total <= RARE and counted_for(row) >= LONG


def _unused(row: IndexUse) -> Finding:
    counting, replicas = counted_for(row), row.replicas or 0
    doubts = [] if counting >= LONG else [f"What runs once a month has not been seen in {length(counting)}."]
    if replicas:
        doubts.append(f"Look at the {count(replicas)} replicas as well: their searches are counted there.")
    return draft(
        "index-unused",
        row.run_id,
        anchor=anchor(row),
        title=f"Index {row.index_name} of {row.relation} ({size(row.bytes)}) {_since_when(row)}",
        place=place(row),
        saving_basis=write_cost(row),
        remedy=" ".join([dropping(row), *doubts, f"To have it back: {row.definition};"]),
        effort="LOW",
        impact=_impact(row),
    )


def _since_when(row: IndexUse) -> str:
    if row.scans_total == 0:
        since = row.counting_since or row.since
        return f"was not scanned in {length(counted_for(row))}" + (f", since {day(since)} or since it was made" if since else "")
    if row.last_scan and row.until:
        return f"was last scanned {length(row.until - row.last_scan)} ago, on {day(row.last_scan)}"
    return f"was scanned {count(row.scans_total)} times in {length(counted_for(row))}"


def _impact(row: IndexUse) -> Level:
    """Every write pays: much, where the index takes new rows at more than a trickle."""
    seconds = (row.until - row.since).total_seconds() if row.since and row.until else 0.0
    return "MEDIUM" if seconds and (row.rows_written or 0) / seconds >= 100 else "LOW"


def _unproved(rows: Sequence[IndexUse]) -> Finding:
    age = max(counted_for(row) for row in rows)
    names = ", ".join(sorted(row.index_name for row in rows)[:5]) + (", …" if len(rows) > 5 else "")
    together = sum(row.bytes or 0 for row in rows)
    what = "1 index was" if len(rows) == 1 else f"{len(rows)} indexes were"
    return draft(
        "index-unused-unproved",
        rows[0].run_id,
        anchor=(),
        title=f"{what} not scanned ({size(together)}), but no scan in {length(age)} of evidence is no proof",
        place=names,
        saving_basis="none yet: work that runs once a day or once a month has not been seen",
        remedy=f"Collect the catalog again when the server has counted for {length(AGE_AT_LEAST)} at the least, better {length(LONG)}.",
        effort="LOW",
    )
