"""What a load test shows by its shape: two kinds of requests under one name, and requests that a stall kept from being sent."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.response import Response, response
from perfkit.analyses.two_speeds import TwoSpeeds, two_speeds
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.store import Store
from perfkit.units import format_quantity

LEAST_COVERAGE = 0.95
LEAST_SLOW_MS = 5.0


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every load run."""
    return [*judge_speeds(two_speeds(store, run_ids)), *judge_coverage(response(store, run_ids))]


def judge_speeds(rows: Sequence[TwoSpeeds]) -> list[Finding]:
    """Endpoints whose slow kind is worth a look."""
    return [_two_speeds(row) for row in rows if row.slow_ms - row.fast_ms >= LEAST_SLOW_MS]


def judge_coverage(rows: Sequence[Response]) -> list[Finding]:
    """Runs in which users waited for a stalled server instead of sending."""
    return [
        _stalled(row)
        for row in rows
        if row.subject == ALL_REQUESTS and row.response_p95_ms is None and row.coverage is not None and row.coverage < LEAST_COVERAGE
    ]


def _two_speeds(row: TwoSpeeds) -> Finding:
    slow_share = 1 - row.fast_share
    fast, slow = format_quantity(row.fast_ms, "ms"), format_quantity(row.slow_ms, "ms")
    return draft(
        "two-speeds",
        row.run_id,
        title=f"Two kinds of requests under one name: {row.fast_share:.0%} take {fast}, {slow_share:.0%} take {slow}",
        place=row.subject,
        subject=row.subject,
        cost_ms=row.slow_ms - row.fast_ms,
        saves_ms=slow_share * (row.slow_ms - row.fast_ms),
        saving_basis="mean time if the slow kind took what the fast kind takes, as when a cache always answered",
        remedy="Find what tells the two apart, such as cache hit and miss or small and large input; give each a name of its own.",
        effort="MEDIUM",
    )


def _stalled(row: Response) -> Finding:
    missing = 1 - (row.coverage or 0.0)
    return draft(
        "held-back-requests",
        row.run_id,
        title=f"The server stalled for {missing:.0%} of the seconds and the waiting users sent nothing, so the percentiles are too kind",
        place="load test in a closed model",
        saving_basis="nothing is saved: this is about the measurement",
        remedy="Measure with a fixed rate (perfkit collect load --rate), which counts the wait of requests that should have been sent.",
        effort="LOW",
    )
