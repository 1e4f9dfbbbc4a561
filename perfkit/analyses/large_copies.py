"""Which lines copy memory?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LargeCopy:
    """One line that copies."""

    run_id: str
    file: str
    line: int
    function: str | None
    origin: str
    copied_mb: float


def large_copies(store: Store, run_ids: Sequence[str]) -> list[LargeCopy]:
    """Lines of line profiles that count copies, most first."""
    return store.ask(QUESTION, LargeCopy, run_ids=list(run_ids))
