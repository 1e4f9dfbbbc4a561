"""Which places stop an event loop, for how long?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class BlockedLoop:
    """Callbacks over the limit that were busy at one line."""

    run_id: str
    function: str
    file: str | None
    line: int | None
    subject: str | None
    n: int
    longest_ms: float
    mean_ms: float
    limit_ms: float
    sampled: bool
    """True: seen in samples, which do not tell one long callback from short ones that follow each other."""


def blocked_loops(store: Store, run_ids: Sequence[str]) -> list[BlockedLoop]:
    """By the time that the loop stood still, longest first."""
    return store.ask(QUESTION, BlockedLoop, run_ids=list(run_ids))
