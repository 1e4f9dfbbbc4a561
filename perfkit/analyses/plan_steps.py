"""Which node of a plan does the time go to?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perfkit.model.plan import PlanStep
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


def plan_steps(store: Store, run_ids: Sequence[str]) -> list[PlanStep]:
    """Every node of every plan, in pre-order."""
    return store.ask(QUESTION, PlanStep, run_ids=list(run_ids))
