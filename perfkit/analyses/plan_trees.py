"""What does each plan do, node by node?"""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.known_runs import runs_named
from perfkit.analyses.plan_heads import plan_heads
from perfkit.analyses.plan_steps import plan_steps
from perfkit.errors import UsageError
from perfkit.model.plan import Plan, linked
from perfkit.model.run import Run
from perfkit.store import Store


def plan_trees(store: Store, run_ids: Sequence[str]) -> list[Plan]:
    """The plans of the runs as trees."""
    return linked(plan_heads(store, run_ids), plan_steps(store, run_ids))


def plans_named(store: Store, runs: Sequence[Run], name: str | None = None) -> list[Plan]:
    """The plans that a name means: a run, one plan of it as RUN:NUMBER, or the newest plans of a label; without a name all."""
    planned = [run for run in runs if run.kind == "plans"]
    if name is None:
        return plan_trees(store, [run.run_id for run in planned])
    run_name, colon, number = name.rpartition(":")
    if not (colon and number.isdecimal()):  # the id of a run may be digits only
        run_name, colon, number = name, "", ""
    chosen = runs_named(runs, run_name, "plans")
    plans = plan_trees(store, [run.run_id for run in chosen])
    found = [plan for plan in plans if plan.head.plan_id == int(number)] if colon else plans
    if not found:
        known = ", ".join(str(plan.head.plan_id) for plan in plans) or "none"
        raise UsageError(f"{run_name} has no plan {number}. Its plans: {known}." if colon else f"{name} has no plans.")
    return found
