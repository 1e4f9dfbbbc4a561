"""Do the model calls of a request wait for each other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LlmSequence:
    """The model calls of the mean request of one endpoint."""

    run_id: str
    subject: str
    file: str | None
    line: int | None
    n: int
    requests: int
    calls: float
    wall_ms: float
    busy_ms: float
    work_ms: float
    longest_ms: float
    concurrency: float | None
    """1 when no two calls were ever open together."""
    gap_ms: float | None
    """None when every request makes one call."""
    input_tokens: float | None
    output_tokens: float | None
    request_ms: float


def llm_sequences(store: Store, run_ids: Sequence[str]) -> list[LlmSequence]:
    """Endpoints by the time that they spend with models, largest first."""
    return store.ask(QUESTION, LlmSequence, run_ids=list(run_ids))
