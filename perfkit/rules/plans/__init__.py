"""What is wrong in execution plans. One module a family, each with judge() over all plans; gated by their share of the execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from perfkit.analyses.index_trials import index_trials
from perfkit.analyses.plan_trees import plan_trees
from perfkit.analyses.statement_owners import StatementOwner, statement_owners
from perfkit.analyses.table_statistics import table_statistics
from perfkit.model.finding import Finding
from perfkit.rules.plans import postgresql, proved, vectors
from perfkit.store import Store

Owners = Mapping[str, StatementOwner]

ENGINES = ("sqlite", "duckdb", "neo4j")
"""Modules of the engines' own names: one that explained no plan is not even imported."""


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every plan; traced runs among the same ids say which endpoint pays."""
    owners = {owner.fingerprint: owner for owner in statement_owners(store, run_ids)}
    plans = plan_trees(store, run_ids)
    tables = postgresql.tables_of(table_statistics(store, run_ids))
    trials = proved.trials_of(index_trials(store, run_ids))
    engines = {plan.head.engine for plan in plans}
    families = [vectors, *(import_module(f"{__name__}.{engine}") for engine in ENGINES if engine in engines)]
    others = (finding for family in families for finding in family.judge(plans, owners))
    return [*proved.beside(others, plans, trials), *postgresql.judge(plans, owners, tables, trials)]
