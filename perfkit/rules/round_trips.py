"""What if the database were farther away? On one host a round trip costs next to nothing; over a network each statement pays it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from perfkit.analyses.request_time import RequestTime
from perfkit.model.finding import Finding

MODEL = "a model, not a measurement: every statement waits {rtt} longer, one after another"


@dataclass(frozen=True, slots=True)
class RemoteRequest:
    """An endpoint as it was measured, and as it would be with a longer way to the database."""

    run_id: str
    subject: str
    statements: float
    """A request, on average."""
    total_ms: float
    rtt_ms: float
    total_with_rtt_ms: float


def remote_requests(rows: Iterable[RequestTime], rtt_ms: float) -> list[RemoteRequest]:
    """Every endpoint that asks the database."""
    return [
        RemoteRequest(row.run_id, row.subject, row.db_calls, row.total_ms, rtt_ms, row.total_ms + row.db_calls * rtt_ms)
        for row in rows
        if row.db_calls > 0
    ]


def saving_with(finding: Finding, rtt_ms: float) -> float | None:
    """What removing the finding would save then; None where neither time nor round trips are predicted."""
    if finding.saves_ms is None and finding.round_trips is None:
        return None
    return (finding.saves_ms or 0.0) + (finding.round_trips or 0.0) * rtt_ms
