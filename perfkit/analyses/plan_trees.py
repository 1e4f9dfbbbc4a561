"""What does each plan do, node by node?"""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.plan_heads import plan_heads
from perfkit.analyses.plan_steps import plan_steps
from perfkit.model.plan import Plan, linked
from perfkit.store import Store


def plan_trees(store: Store, run_ids: Sequence[str]) -> list[Plan]:
    """The plans of the runs as trees."""
    return linked(plan_heads(store, run_ids), plan_steps(store, run_ids))
