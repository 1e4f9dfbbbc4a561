"""Which node of a plan does the time go to?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One node, with what a rule needs of its plan."""

    run_id: str
    plan_id: int
    node_id: int
    parent_id: int | None
    statement: str | None
    fingerprint: str | None
    execution_ms: float | None
    node_type: str
    relation: str | None
    index_name: str | None
    loops: float | None
    rows_actual: float | None
    rows_removed: float | None
    total_ms: float | None
    self_ms: float | None
    share: float | None
    condition: str | None
    sort_key: str | None


def plan_steps(store: Store, run_ids: Sequence[str]) -> list[PlanStep]:
    """Every node of every plan, in pre-order."""
    return store.ask(QUESTION, PlanStep, run_ids=list(run_ids))
