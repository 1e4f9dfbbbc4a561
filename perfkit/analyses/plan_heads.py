"""Which plans are there, and what does each take as a whole?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perfkit.model.plan import PlanHead
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


def plan_heads(store: Store, run_ids: Sequence[str]) -> list[PlanHead]:
    """Every plan of the runs."""
    return store.ask(QUESTION, PlanHead, run_ids=list(run_ids))
