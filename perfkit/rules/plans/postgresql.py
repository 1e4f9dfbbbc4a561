"""All rules of PostgreSQL plans in one pass: families suspect nodes, and suspicions of one cause become one finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from perfkit.model.finding import Finding
from perfkit.model.plan import Plan
from perfkit.rules.plans import (
    estimates,
    indexes,
    joins,
    measuring,
    memory,
    ordering,
    parallel,
    parts,
    planned,
    proved,
    scans,
    stale,
    triggers,
    whole,
)
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Rule, Suspicion, WholeRule, findings
from perfkit.rules.plans.drafts import Owners
from perfkit.rules.plans.proved import Trials
from perfkit.rules.plans.stale import Tables, tables_of

__all__ = ["judge", "tables_of"]

ENGINE = "postgresql"
BY_TYPE: tuple[Mapping[str, tuple[Rule, ...]], ...] = (
    *(scans.RULES, indexes.RULES, estimates.RULES, joins.RULES, ordering.RULES),
    *(memory.RULES, parallel.RULES, parts.RULES),
)
"""Rules of the nodes that they are about."""
EVERY: tuple[Rule, ...] = (*joins.EVERY, *memory.EVERY, *measuring.EVERY)
"""Rules of any node."""
WHOLE: tuple[WholeRule, ...] = (*parts.WHOLE, *parallel.WHOLE, *whole.WHOLE, *triggers.WHOLE, *measuring.WHOLE)
"""Rules of the whole plan."""
RULES: Mapping[str, tuple[Rule, ...]] = {
    node_type: (*(rule for family in BY_TYPE for rule in family.get(node_type, ())), *EVERY)
    for node_type in sorted({name for family in BY_TYPE for name in family})
}


def judge(plans: Sequence[Plan], owners: Owners, tables: Tables | None = None, trials: Trials | None = None) -> list[Finding]:
    """Findings of every PostgreSQL plan, the largest predicted saving first; tables: what a catalog run knows; trials: of indexes for the plans."""
    found = [finding for plan in plans if plan.head.engine == ENGINE for finding in _of_plan(plan, owners, tables or {}, trials or {})]
    return sorted(found, key=lambda finding: -(finding.saves_ms or 0.0))


def _of_plan(plan: Plan, owners: Owners, tables: Tables, trials: Trials) -> list[Finding]:
    bill = Bill(plan)
    suspicions = _suspicions(bill, tables) if bill.executed else planned.hints(bill)
    return findings(bill, proved.with_trials(suspicions, bill, trials), owners)


def _suspicions(bill: Bill, tables: Tables) -> Iterator[Suspicion]:
    for node in bill.plan.nodes:
        if node.executed:
            for rule in RULES.get(node.step.node_type, EVERY):
                if (suspicion := rule(node, bill)) is not None:
                    yield suspicion
    for whole_rule in WHOLE:
        yield from whole_rule(bill)
    yield from stale.stale_scans(bill, tables)
