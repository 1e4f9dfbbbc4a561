"""Model calls that wait for each other although nothing shows that they must."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.llm_sequences import LlmSequence, llm_sequences
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft, place_of
from perfkit.store import Store

CALLS_AT_LEAST = 3.0
SEQUENTIAL_BELOW = 1.1
"""Average concurrency."""
SHORTEST_PAUSE_MS, PAUSE_SHARE = 50.0, 0.05


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every traced run."""
    return judge(llm_sequences(store, run_ids))


def judge(rows: Sequence[LlmSequence]) -> list[Finding]:
    """One finding an endpoint whose calls never overlap and follow each other closely."""
    return [_sequential(row) for row in rows if _is_sequential(row)]


def _is_sequential(row: LlmSequence) -> bool:
    if row.calls < CALLS_AT_LEAST or row.concurrency is None or row.concurrency >= SEQUENTIAL_BELOW:
        return False
    longest_pause_ms = max(SHORTEST_PAUSE_MS, PAUSE_SHARE * row.work_ms / row.calls)
    return row.gap_ms is not None and row.gap_ms < longest_pause_ms


def _sequential(row: LlmSequence) -> Finding:
    return draft(
        "sequential-llm-calls",
        row.run_id,
        title=f"{row.calls:.0f} model calls one after another",
        place=place_of(row.file, row.line, f"model calls of {row.subject}"),
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.wall_ms,
        saves_ms=max(0.0, row.wall_ms - row.longest_ms),
        saving_basis="time from the first call's start to the last one's end, with the work between, less the longest call, "
        "if no call needs another one's answer and no rate limit applies",
        remedy="Start them together with asyncio.gather() behind a semaphore that respects the provider's limit.",
        effort="LOW",
    )
