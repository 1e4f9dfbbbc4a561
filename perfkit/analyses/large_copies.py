"""Which lines copy memory, or allocate it for a moment only, as who copies does?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LargeCopy:
    """One line that copies, or throws away what it makes."""

    run_id: str
    file: str
    line: int
    function: str | None
    origin: str
    copied_mb: float
    """0 where the profiler saw none, which need not mean that there were none."""
    allocated_mb: float | None
    alive_mb: float | None
    """The most that its function held at once."""


def large_copies(store: Store, run_ids: Sequence[str]) -> list[LargeCopy]:
    """Lines of line profiles that count copies or allocations, most first."""
    return store.ask(QUESTION, LargeCopy, run_ids=list(run_ids))
