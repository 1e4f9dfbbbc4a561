"""What does the first call of a process pay that the later ones do not?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class FirstCall:
    """One timed function or block in one run."""

    run_id: str
    subject: str
    n: int
    started_ms: float
    first_ms: float
    later_ms: float
    apart: bool
    """The first one stood by itself and all later ones stand below others: it was made to warm up."""
    only_then: str | None
    """What it did besides, which no later call did; None where nothing is timed there."""
    file: str | None
    line: int | None
    only_ms: float | None


def first_calls(store: Store, run_ids: Sequence[str]) -> list[FirstCall]:
    """Every piece of work that was done at least twice, by the length of its first time."""
    return store.ask(QUESTION, FirstCall, run_ids=list(run_ids))
