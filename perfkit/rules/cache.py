"""Reads whose answer depends on nothing in the request, and that every request repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from perfkit.analyses.identical_reads import IdenticalRead, identical_reads
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft, place_of
from perfkit.store import Store

REQUESTS_AT_LEAST = 5
LEAST_MS, LEAST_SHARE = 5.0, 0.3
CACHED_FROM = 0.5
"""Cache calls a request from which an endpoint counts as cached."""


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every traced run."""
    return judge(identical_reads(store, run_ids, REQUESTS_AT_LEAST))


def judge(rows: Sequence[IdenticalRead]) -> list[Finding]:
    """One finding an endpoint: all its constant reads together."""
    by_endpoint: dict[tuple[str, str], list[IdenticalRead]] = defaultdict(list)
    for row in rows:
        if row.distinct_params == 1 and row.requests >= REQUESTS_AT_LEAST and row.n >= row.requests and row.cache_calls < CACHED_FROM:
            by_endpoint[row.run_id, row.subject].append(row)
    return [_uncached(found) for found in by_endpoint.values() if _matters(found)]


def _matters(rows: Sequence[IdenticalRead]) -> bool:
    total_ms = sum(row.total_ms for row in rows)
    return total_ms >= LEAST_MS and total_ms >= LEAST_SHARE * rows[0].request_ms


def _uncached(rows: Sequence[IdenticalRead]) -> Finding:
    largest = max(rows, key=lambda row: row.total_ms)
    total_ms = sum(row.total_ms for row in rows)
    requests = largest.requests
    return draft(
        "uncached-reads",
        largest.run_id,
        title=f"Every request repeats the same {len(rows)} reads" if len(rows) > 1 else "Every request repeats the same read",
        place=place_of(largest.file, largest.line, " ".join((largest.statement or "").split())[:100]),
        subject=largest.subject,
        file=largest.file,
        line=largest.line,
        cost_ms=total_ms,
        saves_ms=total_ms * (requests - 1) / requests,
        saving_basis="database time of these reads in all requests but the first, if the answer may be as old as the cache's time to live",
        remedy="Keep the answer in the cache under a versioned key with a time to live, and drop it when the data changes.",
        effort="MEDIUM",
    )
