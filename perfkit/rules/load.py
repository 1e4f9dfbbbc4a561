"""What a load test shows by itself: requests that fail, and requests that a stall kept from being sent."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.latency import ALL_REQUESTS, Latency, latency
from perfkit.analyses.load_coverage import LoadCoverage, load_coverage
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.stats.intervals import proportion_interval
from perfkit.store import Store
from perfkit.units import format_quantity

LEAST_COVERAGE = 0.95
MOST_FAILING = 0.01


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every load run."""
    return [*judge_failures(latency(store, run_ids)), *judge_coverage(load_coverage(store, run_ids))]


def judge_failures(rows: Sequence[Latency]) -> list[Finding]:
    """Endpoints of which surely more than one in a hundred requests failed."""
    failing = [(row, proportion_interval(row.failed, row.n)) for row in rows if row.failed and row.subject != ALL_REQUESTS]
    return [_failing(row) for row, share in failing if (share.lo or 0.0) > MOST_FAILING]


def judge_coverage(rows: Sequence[LoadCoverage]) -> list[Finding]:
    """Runs in which users waited for a stalled server instead of sending."""
    return [_stalled(row) for row in rows if row.load_model != "open" and row.coverage < LEAST_COVERAGE]


def _failing(row: Latency) -> Finding:
    return draft(
        "failing-requests",
        row.run_id,
        title=f"{format_quantity(row.error_rate, 'ratio')} of the requests fail ({row.failed} of {row.n}), so their latency says nothing",
        place=row.subject,
        subject=row.subject,
        saving_basis="nothing is saved: the answers are wrong",
        remedy='Look at the errors (perfkit sql "select status, error, count(*) from requests group by all") and mend them before anything is tuned.',
        effort="MEDIUM",
    )


def _stalled(row: LoadCoverage) -> Finding:
    missing = 1 - row.coverage
    return draft(
        "held-back-requests",
        row.run_id,
        title=f"In {missing:.0%} of the seconds hardly a request was sent, as when users wait for a stalled server: percentiles are too kind",
        place="load test whose users wait",
        saving_basis="nothing is saved: this is about the measurement",
        remedy="Measure with a fixed rate (perfkit collect load --rate), which counts the wait of requests that should have been sent.",
        effort="LOW",
    )
