"""What was measured at each size of a sweep?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class SweepRound:
    """One value at one size."""

    run_id: str
    subject: str
    component: str | None
    """None: the whole."""
    unit: str
    phase: str
    size: float | None
    round: int
    value: float


def sweep_rounds(store: Store, run_ids: Sequence[str]) -> list[SweepRound]:
    """Every value of every sweep, by component and size."""
    return store.ask(QUESTION, SweepRound, run_ids=list(run_ids))
