"""Which like pieces of work does a request await one after another?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class AwaitedSequence:
    """Calls of one sort below one parent, on average."""

    run_id: str
    subject: str
    below: str
    work: str
    file: str | None
    line: int | None
    kind: str
    requests: int
    calls: float
    wall_ms: float
    longest_ms: float
    gap_ms: float
    concurrency: float | None
    """1 when no two were ever open together."""
    blocked: float | None
    """Share of their time in which the loop was blocked; 0 also when nobody watched the loop."""


def sequences(store: Store, run_ids: Sequence[str]) -> list[AwaitedSequence]:
    """Sequences by the time that they take, longest first."""
    return store.ask(QUESTION, AwaitedSequence, run_ids=list(run_ids))
