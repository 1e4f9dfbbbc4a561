"""How long does each planned statement take?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class PlanTime:
    """One plan."""

    run_id: str
    subject: str
    plan_id: int
    statement: str | None
    fingerprint: str | None
    planning_ms: float | None
    execution_ms: float | None
    n: int


def plan_times(store: Store, run_ids: Sequence[str]) -> list[PlanTime]:
    """Every plan of the runs."""
    return store.ask(QUESTION, PlanTime, run_ids=list(run_ids))
