"""Memory that a process keeps: growth that is neither warm-up nor waiting for a collection."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.memory_growth import MemoryGrowth, memory_growth
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.store import Store
from perfkit.units import format_quantity


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every run with memory samples."""
    return judge(memory_growth(store, run_ids))


def judge(rows: Sequence[MemoryGrowth]) -> list[Finding]:
    """One finding a series that leaks."""
    return [_leak(row) for row in rows if row.verdict == "leak"]


def _leak(row: MemoryGrowth) -> Finding:
    grown = "–" if row.per_hour is None else format_quantity(row.per_hour, "bytes")
    between = f" ({format_quantity(row.lo, 'bytes')} … {format_quantity(row.hi, 'bytes')})" if row.lo is not None and row.hi is not None else ""
    return draft(
        "memory-leak",
        row.run_id,
        title=f"{row.series} grows by {grown} an hour{between} and does not come back",
        place=row.series,
        saving_basis="nothing is predicted in time: memory runs out",
        remedy="Take two heap snapshots minutes apart under load and look for what only grows: caches without a bound, lists of listeners, closures.",
        effort="MEDIUM",
    )
